package main

import (
	"context"
	"fmt"

	"tcp-operator.io/bench/report"
	"tcp-operator.io/bench/workload/process"
)

const (
	neverSpoke    = "never spoke"
	afterExchange = "after an exchange"
	heldByClient  = "held by the client program"
)

// idleMemory measures what a session costs that does nothing.
func idleMemory() *measure {
	return &measure{
		name:  "idle",
		title: "Resident memory per idle session, in bytes",
		peers: []string{stdnet, gnet, twisted},
		figures: []report.Figure{
			{Name: neverSpoke, Absolute: true},
			{Name: afterExchange, Absolute: true, Targets: []report.Target{report.AtMost(4096)}},
			{Name: heldByClient, Absolute: true},
		},
		take: takeIdle,
	}
}

func takeIdle(ctx context.Context, b *bench, contender string, _ int) (sample, error) {
	taken := sample{}
	s, err := b.start(ctx, contender, behaviour{backlog: raised})
	if err != nil {
		return nil, err
	}
	defer s.Kill()
	if err := taken.idleServer(ctx, s, b.sessions); err != nil || contender != ours {
		return taken, err
	}
	return taken, taken.idleClient(ctx, b, s)
}

func (taken sample) idleServer(ctx context.Context, s *server, sessions int) error {
	before, err := s.Resident()
	if err != nil {
		return err
	}
	clients, err := s.connect(ctx, sessions, processors())
	if err != nil {
		return err
	}
	defer clients.Close()
	if err := taken.perSession(ctx, neverSpoke, s.Process, before, sessions); err != nil {
		return err
	}
	if err := clients.Exchange(ctx); err != nil {
		return err
	}
	return taken.perSession(ctx, afterExchange, s.Process, before, sessions)
}

// mostOfClient is how many sessions the client program may be told to hold.
const mostOfClient = 10000

// idleClient measures the client program, which greets and is answered,
// against one with a single session.
func (taken sample) idleClient(ctx context.Context, b *bench, to *server) error {
	one, err := b.startClient(ctx, to, 1)
	if err != nil {
		return err
	}
	defer one.Kill()
	if err := one.AwaitRest(ctx); err != nil {
		return err
	}
	before, err := one.Resident()
	if err != nil {
		return err
	}
	sessions := min(b.sessions, mostOfClient)
	many, err := b.startClient(ctx, to, sessions)
	if err != nil {
		return err
	}
	defer many.Kill()
	return taken.perSession(ctx, heldByClient, many, before, sessions)
}

// startClient starts the client program, which then holds its sessions.
func (f *fleet) startClient(ctx context.Context, to *server, sessions int) (*process.Process, error) {
	admin, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := process.Start(f.workload, "client", "--address="+to.address.String(), fmt.Sprintf("--sessions=%d", sessions),
		"--admin-address="+admin.String(), "--log-level=error", "--framing=Line", "--reply-text=")
	if err != nil {
		return nil, err
	}
	if err := p.AwaitOK(ctx, "http://"+admin.String()+"/readyz"); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

// perSession waits until a process rests, and divides what it has grown by.
func (taken sample) perSession(ctx context.Context, figure string, p *process.Process, before int64, sessions int) error {
	if err := p.AwaitRest(ctx); err != nil {
		return err
	}
	now, err := p.Resident()
	if err != nil {
		return err
	}
	taken[figure] = float64(now-before) / float64(sessions)
	return nil
}
