package main

import (
	"context"
	"fmt"
	"runtime"

	"tcp-operator.io/bench/workload/load"
)

// batch is how many sessions are begun before the server is waited for: fewer
// than any backlog but the default one.
const batch = 1000

// connect returns n sessions that the server has accepted.
func (s *server) connect(ctx context.Context, n, loops int) (*load.Clients, error) {
	clients, err := load.New(s.address, loops)
	if err != nil {
		return nil, err
	}
	for connected := 0; connected < n; {
		next := min(batch, n-connected)
		if err = clients.Connect(next); err != nil {
			break
		}
		connected += next
		accepted := func() bool { return s.Descriptors() >= s.idle+connected }
		if err = s.Await(ctx, fmt.Sprintf("%d accepted sessions", connected), accepted); err != nil {
			break
		}
	}
	if err != nil {
		clients.Close()
		return nil, err
	}
	return clients, nil
}

// processors is how many loops keep the machine busy.
func processors() int { return runtime.GOMAXPROCS(0) }

// with runs do with a fresh server and n sessions that it has accepted.
func (b *bench) with(ctx context.Context, contender string, how behaviour, n, loops int, do func(*server, *load.Clients) error) error {
	s, err := b.start(ctx, contender, how)
	if err != nil {
		return err
	}
	defer s.Kill()
	clients, err := s.connect(ctx, n, loops)
	if err != nil {
		return err
	}
	defer clients.Close()
	return do(s, clients)
}
