// Package plans runs workloads with one thing going wrong: one fault at one
// call of the operator. The operator's reconcilers are called directly, by a
// work queue with a clock of its own, so that a plan always takes the same
// course: its name is all it takes to run it again.
package plans

import (
	"slices"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/world"
)

// Plan is one fault at one place of one workload. The zero Fault is none.
type Plan struct {
	Workload edits.Workload
	Place    string // read-N, write-N or end
	Fault    Fault
}

// atEnd is the place after all calls.
const atEnd = "end"

// String names the plan: Kind/workload/place/fault.
func (p Plan) String() string {
	if p.Fault.Name == "" {
		return p.Workload.String() + "/undisturbed"
	}
	return p.Workload.String() + "/" + p.Place + "/" + p.Fault.Name
}

// plansOf are all plans there are for a workload whose undisturbed run is
// known.
func plansOf(w edits.Workload, undisturbed Result) []Plan {
	var all []Plan
	for _, s := range undisturbed.trace {
		faults := readFaults(s)
		if s.call.writes() {
			faults = writeFaults(s)
		}
		for _, f := range faults {
			all = append(all, Plan{w, s.place, f})
		}
	}
	for moment := range undisturbed.moments {
		all = append(all, Plan{w, atEnd, travel(moment)})
	}
	return all
}

// writeFaults are those that can do something at a write: what has failed by
// itself commits nothing, and what is not there cannot vanish.
func writeFaults(s step) []Fault {
	all := slices.DeleteFunc(AtWrites(), func(f Fault) bool { return s.failed && f.Family != Refuse })
	if s.exists && !world.IsResource(empty[s.call.object.kind]) {
		all = append(all, vanish())
	}
	return all
}

func readFaults(s step) []Fault {
	all := refusals(readRefusals...)
	if s.call.live && s.exists {
		all = append(all, refusals(notFound)...)
	}
	for index := s.oldest; index < s.newest; index++ {
		all = append(all, stale(index, false), stale(index, true))
	}
	return all
}

// Find is the plan of a name.
func Find(all []Plan, name string) (Plan, bool) {
	i := slices.IndexFunc(all, func(p Plan) bool { return p.String() == name })
	if i < 0 {
		return Plan{}, false
	}
	return all[i], true
}
