package main

import (
	"context"
	"fmt"
	"time"

	"tcp-operator.io/bench/report"
	"tcp-operator.io/bench/workload/load"
	"tcp-operator.io/bench/workload/process"
)

// pingPongSessions are the numbers of sessions that play ping-pong.
var pingPongSessions = []int{1, 64, 1024}

// pingPong measures messages without delay.
func pingPong() *measure {
	m := &measure{
		name:  "pingpong",
		title: "Ping-pong without delay: messages, workload to peer",
		peers: []string{stdnet, gnet, twisted},
		take:  takePingPong,
	}
	for _, n := range pingPongSessions {
		speed := report.Figure{Name: perSecond(n)}
		thrift := report.Figure{Name: perCPUSecond(n)}
		if n > 1 {
			speed.Targets = []report.Target{report.AtLeastOf(gnet, 1), report.AtLeastOf(twisted, 2)}
			thrift.Targets = []report.Target{report.AtLeastOf(gnet, 1)}
		}
		m.figures = append(m.figures, speed, thrift,
			report.Figure{Name: perCPUSecondOfBoth(n)},
			report.Figure{Name: switchesPerMessage(n), Absolute: true})
	}
	return m
}

func perSecond(sessions int) string { return fmt.Sprintf("%d sessions, per second", sessions) }

func perCPUSecond(sessions int) string {
	return fmt.Sprintf("%d sessions, per CPU-second of the server", sessions)
}

// perCPUSecondOfBoth names the figure that leaves nothing out: over the
// loopback interface the kernel handles what is received in the time of the
// process that sends, so that a part of each one's work is the other's.
func perCPUSecondOfBoth(sessions int) string {
	return fmt.Sprintf("%d sessions, per CPU-second of server and clients", sessions)
}

func switchesPerMessage(sessions int) string {
	return fmt.Sprintf("%d sessions, times the server slept per message", sessions)
}

func takePingPong(ctx context.Context, b *bench, contender string, _ int) (sample, error) {
	taken := sample{}
	for _, n := range pingPongSessions {
		err := b.with(ctx, contender, behaviour{backlog: raised}, n, min(n, processors()), func(s *server, clients *load.Clients) error {
			return taken.pingPong(ctx, s, clients, n, b.pingPong)
		})
		if err != nil {
			return taken, err
		}
	}
	return taken, nil
}

func (taken sample) pingPong(ctx context.Context, s *server, clients *load.Clients, sessions int, duration time.Duration) error {
	if _, _, err := clients.PingPong(ctx, duration/5); err != nil { // warms up
		return err
	}
	before, err := s.spent()
	if err != nil {
		return err
	}
	replies, took, err := clients.PingPong(ctx, duration)
	if err != nil {
		return err
	}
	after, err := s.spent()
	if err != nil {
		return err
	}
	ofServer, ofClients := after.server-before.server, after.clients-before.clients
	taken[perSecond(sessions)] = float64(replies) / took.Seconds()
	taken[perCPUSecond(sessions)] = float64(replies) / ofServer.Seconds()
	taken[perCPUSecondOfBoth(sessions)] = float64(replies) / (ofServer + ofClients).Seconds()
	taken[switchesPerMessage(sessions)] = float64(after.switches-before.switches) / float64(replies)
	return nil
}

// spending is what server and clients have taken of the machine so far.
type spending struct {
	server, clients time.Duration // of processor time
	switches        int64         // of the server
}

func (s *server) spent() (spending, error) {
	ofServer, err := s.CPU()
	if err != nil {
		return spending{}, err
	}
	ofClients, err := process.OwnCPU()
	if err != nil {
		return spending{}, err
	}
	switches, err := s.Switches()
	return spending{server: ofServer, clients: ofClients, switches: switches}, err
}
