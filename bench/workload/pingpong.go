package main

import (
	"context"
	"fmt"
	"time"

	"tcp-operator.io/bench/report"
	"tcp-operator.io/bench/workload/load"
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
		m.figures = append(m.figures, speed, thrift)
	}
	return m
}

func perSecond(sessions int) string { return fmt.Sprintf("%d sessions, per second", sessions) }

func perCPUSecond(sessions int) string {
	return fmt.Sprintf("%d sessions, per CPU-second of the server", sessions)
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
	before, err := s.CPU()
	if err != nil {
		return err
	}
	replies, took, err := clients.PingPong(ctx, duration)
	if err != nil {
		return err
	}
	after, err := s.CPU()
	taken[perSecond(sessions)] = float64(replies) / took.Seconds()
	taken[perCPUSecond(sessions)] = float64(replies) / (after - before).Seconds()
	return err
}
