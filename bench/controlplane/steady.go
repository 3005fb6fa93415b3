package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"tcp-operator.io/bench/controlplane/operator"
	"tcp-operator.io/bench/controlplane/plane"
)

// steadyWindow is how long resources at rest are watched. Busy ones are written
// every 60 to 75 seconds at most, so whole minutes stand for an hour.
type steadyWindow time.Duration

// perHour is what n writes in the window make in an hour.
func (w steadyWindow) perHour(n int) float64 {
	return float64(n) * float64(time.Hour) / float64(w)
}

// steady is what happens while nothing changes but the counters of busy
// resources, which every second pair are.
type steady struct {
	window     steadyWindow
	idle, busy []plane.Request // writes
	reconciles operator.Reconciles
	cpu        time.Duration
	memory     operator.Memory
	others     float64 // share of the machine that they took
}

// watchSteady watches resources that are ready.
func (b *bench) watchSteady(ctx context.Context, o *operator.Process, w steadyWindow) (steady, error) {
	r := steady{window: w}
	before, cpuBefore, err := usage(ctx, o)
	if err != nil {
		return r, err
	}
	mark, err := b.plane.Audit.Mark()
	if err != nil {
		return r, err
	}
	b.pods.SetBusy(isBusy)
	if err := pause(ctx, time.Duration(w)); err != nil {
		return r, err
	}
	requests, err := b.requests(mark, operatorUser)
	if err != nil {
		return r, err
	}
	r.idle = only(requests, func(q plane.Request) bool { return q.Writes() && !isBusy(resourceOf(q)) })
	r.busy = only(requests, func(q plane.Request) bool { return q.Writes() && isBusy(resourceOf(q)) })
	after, cpuAfter, err := usage(ctx, o)
	if err != nil {
		return r, err
	}
	r.reconciles, r.cpu = after.Since(before), cpuAfter-cpuBefore
	r.memory, err = o.Memory()
	return r, err
}

// usage is what the operator has done and computed so far.
func usage(ctx context.Context, o *operator.Process) (operator.Reconciles, time.Duration, error) {
	done, err := o.Reconciles(ctx)
	if err != nil {
		return done, 0, err
	}
	cpu, err := o.CPU()
	return done, cpu, err
}

// isBusy tells whether a resource has traffic. Names end in the pair's number.
func isBusy(resource string) bool {
	number, err := strconv.Atoi(resource[strings.LastIndexByte(resource, '-')+1:])
	return err == nil && number%2 == 1
}
