package main

import (
	"context"

	"tcp-operator.io/bench/report"
	"tcp-operator.io/bench/workload/load"
)

const (
	acceptTime   = "time until all were answered"
	returnTime   = "the same after a restart"
	acceptCPU    = "CPU of the server per accept"
	smallBacklog = "time with a backlog of 50 to that with a raised one"
)

// accept measures a burst of connects, on a server that has run before and on
// one that was killed and started again. Each client speaks as soon as it is
// connected, as one that waits for the server to speak may wait in vain: where
// the backlog is full, the kernel can take a client for connected and forget
// it.
func accept() *measure {
	return &measure{
		name:  "accept",
		title: "Accepting as many sessions as descriptors allow, all at once, workload to peer",
		peers: []string{stdnet, gnet, twisted},
		figures: []report.Figure{
			{Name: acceptTime, Targets: []report.Target{report.AtMostOf(gnet, 1.1)}},
			{Name: returnTime, Targets: []report.Target{report.AtMostOf(gnet, 1.1)}},
			{Name: acceptCPU, Targets: []report.Target{report.AtMostOf(gnet, 1.2)}},
			{Name: smallBacklog, Absolute: true, Targets: []report.Target{report.AtMost(1.5)}},
		},
		take: takeAccept,
	}
}

func takeAccept(ctx context.Context, b *bench, contender string, round int) (sample, error) {
	taken := sample{}
	how := behaviour{backlog: raised}
	s, err := b.start(ctx, contender, how)
	if err != nil {
		return nil, err
	}
	err = taken.firstRun(ctx, s, b.sessions)
	s.Kill()
	if err != nil {
		return taken, err
	}
	if s, err = b.startAt(ctx, contender, how, s.address); err != nil {
		return taken, err
	}
	err = taken.burst(ctx, returnTime, s, b.sessions)
	s.Kill()
	if err != nil {
		return taken, err
	}
	return taken, taken.smallBacklog(ctx, b, contender, round)
}

// firstRun measures a server that has just been started.
func (taken sample) firstRun(ctx context.Context, s *server, sessions int) error {
	each, err := s.cpuPerAccept(ctx, sessions)
	if err != nil {
		return err
	}
	taken[acceptCPU] = each
	return taken.burst(ctx, acceptTime, s, sessions)
}

// burst measures how long a burst takes.
func (taken sample) burst(ctx context.Context, figure string, s *server, sessions int) error {
	took, err := s.burst(ctx, sessions)
	if err != nil {
		return err
	}
	taken[figure] = took
	return nil
}

// smallBacklog measures the burst with the default backlog. stdnet and gnet
// cannot be told; Twisted, which takes a minute, has one try.
func (taken sample) smallBacklog(ctx context.Context, b *bench, contender string, round int) error {
	if contender != ours && (contender != twisted || round > 0) {
		return nil
	}
	s, err := b.start(ctx, contender, behaviour{backlog: 50})
	if err != nil {
		return err
	}
	defer s.Kill()
	took, err := s.burst(ctx, b.sessions)
	if err == nil {
		taken[smallBacklog] = took / taken[acceptTime]
	}
	return err
}

// burst connects all sessions at once, and returns how many seconds it took
// until each was answered.
func (s *server) burst(ctx context.Context, sessions int) (float64, error) {
	clients, err := load.New(s.address, 1)
	if err != nil {
		return 0, err
	}
	defer clients.Close()
	took, err := clients.Burst(ctx, sessions)
	return took.Seconds(), err
}

// cpuPerAccept returns how many seconds of processor time the server takes
// for a session that says nothing, and resets the sessions again.
func (s *server) cpuPerAccept(ctx context.Context, sessions int) (float64, error) {
	before, err := s.CPU()
	if err != nil {
		return 0, err
	}
	clients, err := s.connect(ctx, sessions, 1)
	if err != nil {
		return 0, err
	}
	if err := s.AwaitRest(ctx); err != nil {
		return 0, err
	}
	after, err := s.CPU()
	clients.Close()
	if err == nil {
		err = s.AwaitRest(ctx)
	}
	return (after - before).Seconds() / float64(sessions), err
}
