package soak

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSoak churns, and judges what the processes were like meanwhile.
func TestSoak(t *testing.T) { // C19
	if *minutes == 0 {
		t.Skip("-minutes is 0")
	}
	w, manager, errs := startWorkload(t), startManager(t), &failures{t: t}
	u := &users{namespace: cluster.Namespace(t)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(*minutes)*time.Minute)
	defer cancel()
	var churn sync.WaitGroup
	churn.Go(func() { w.disturb(ctx, errs.add) })
	churn.Go(func() { visits(ctx, errs.add) })
	churn.Go(func() { u.churn(ctx, errs.add) })
	processes := []*process{w.server, w.steady, w.shaky, manager}
	samples := observe(ctx, processes, errs.add)
	churn.Wait()
	judge(t, processes, samples)
	t.Logf("%d pairs created, edited and deleted", u.created)
	w.calm(t)
	w.allEstablished(t)
	w.wantUndisturbed(t)
	t.Logf("%d errors", errs.count.Load())
}

// visits lets ten come and go in a second.
func visits(ctx context.Context, report func(error)) {
	var under sync.WaitGroup
	defer under.Wait()
	for number := 0; pause(ctx, 100*time.Millisecond); number++ {
		under.Go(func() {
			if err := visit(ctx, number); err != nil {
				report(fmt.Errorf("visit %d: %w", number, err))
			}
		})
	}
}

// series are the samples of each metric of each process, in the order of both.
type series [][][]sample

// observe samples until ctx is done.
func observe(ctx context.Context, processes []*process, report func(error)) series {
	began, all := time.Now(), make(series, len(processes))
	for i := range all {
		all[i] = make([][]sample, len(metrics))
	}
	for pause(ctx, 5*time.Second) {
		for i, p := range processes {
			read, err := p.scrape()
			if err != nil {
				report(fmt.Errorf("%s: %w", p.name, err))
				continue
			}
			for j, m := range metrics {
				all[i][j] = append(all[i][j], sample{time.Since(began), read[m.series] / m.scale})
			}
		}
	}
	return all
}

// judge prints the table and fails for what grows or went wrong.
func judge(t *testing.T, processes []*process, samples series) {
	t.Helper()
	var rows []growth
	for i, p := range processes {
		for j, m := range metrics {
			g, over := growthOf(p.name, m, samples[i][j])
			rows = append(rows, g)
			if !g.flat(over) {
				t.Errorf("%s: %s grows", p.name, m.name)
			}
		}
		read, err := p.scrape()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range p.errors {
			if read[name] != 0 {
				t.Errorf("%s: %s is %v", p.name, name, read[name])
			}
		}
	}
	t.Logf("C19: %d minutes, %d sessions held\n%s", *minutes, steadySessions+shakySessions, table(rows))
}

// failures are those of the churn: there should be none.
type failures struct {
	t     *testing.T
	count atomic.Int64
}

// add fails the test, and says why for the first few.
func (f *failures) add(err error) {
	if f.count.Add(1) <= 10 {
		f.t.Error(err)
	}
}
