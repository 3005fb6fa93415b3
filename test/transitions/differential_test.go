package transitions

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/fields"
)

// An earlier state is where a transition starts.
type earlier struct {
	name string
	// spec is what is said of all other fields.
	spec func(*testing.T, fields.Kind) map[string]any
	// reach brings a resource of the spec into the state.
	reach func(r *resource, spec map[string]any)
}

func earlierStates() []earlier {
	least := func(t *testing.T, kind fields.Kind) map[string]any { return kind.Spec(t) }
	full := func(t *testing.T, kind fields.Kind) map[string]any { return kind.Full(t) }
	return []earlier{
		{"everything by default", least, func(r *resource, spec map[string]any) {
			r.write(spec)
			r.settle(running)
		}},
		{"everything set", full, func(r *resource, spec map[string]any) {
			r.write(spec)
			r.settle(running)
		}},
		{"its children are refused", least, func(r *resource, spec map[string]any) {
			r.write(fields.Put(r.t, spec, map[string]string{"pod.nodeSelector": `{"disk":"no label value!"}`}))
			r.wantCondition(r.settle(running), v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonRefused)
		}},
		{"its pods do not start", least, func(r *resource, spec map[string]any) {
			r.write(fields.Put(r.t, spec, map[string]string{"replicas": `1`, "pod.nodeSelector": `{"disk":"of-no-node"}`}))
			r.wantCondition(r.settle(late), v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonProgressDeadlineExceeded)
		}},
	}
}

// A transition is what happens to a field; to gives the spec afterwards.
type transition struct {
	name string
	to   func(t *testing.T, f fields.Field, before map[string]any) map[string]any
}

func transitions() []transition {
	with := func(value func(fields.Field) string) func(*testing.T, fields.Field, map[string]any) map[string]any {
		return func(t *testing.T, f fields.Field, before map[string]any) map[string]any {
			return f.With(t, before, value(f))
		}
	}
	return []transition{
		{"set", with(func(f fields.Field) string { return f.Set })},
		{"change", with(func(f fields.Field) string { return f.Change })},
		{"min", with(func(f fields.Field) string { return f.Min })},
		{"max", with(func(f fields.Field) string { return f.Max })},
		{"unset", func(t *testing.T, f fields.Field, before map[string]any) map[string]any { return f.Without(t, before) }},
	}
}

// TestEveryTransitionEndsAsAFreshCreate sets, changes and unsets every field,
// one after the other, and puts it to its bounds. After each step the children
// and the status are those of a resource that is created with the same spec.
func TestEveryTransitionEndsAsAFreshCreate(t *testing.T) {
	makePriorities(t)
	states := earlierStates()
	steps, equal := 0, 0
	for _, kind := range fields.Kinds() {
		live, fresh := newResource(t, kind), newResource(t, kind)
		for _, r := range []*resource{live, fresh} {
			if kind.Name == v1alpha1.ClientKind.Kind {
				r.readyTargets(t)
			}
		}
		ends := ends{}
		for i, field := range kind.Fields(t) {
			for j, from := range states {
				if !*all && i%(4*len(states)) != j*(len(states)+1) { // a quarter of the fields, from a quarter of the states each
					continue
				}
				t.Run(kind.Name+"/"+field.Path+"/"+from.name, func(t *testing.T) {
					live.use(t)
					fresh.use(t)
					s, e := walk(t, live, fresh, ends, field, from)
					steps, equal = steps+s, equal+e
				})
			}
		}
	}
	t.Logf("%d transitions, %d end as a fresh create", steps, equal)
}

// ends remembers what fresh resources of a spec look like.
type ends map[string]state

// walk takes a field through all transitions, and counts them and those that
// end well.
func walk(t *testing.T, live, fresh *resource, ends ends, field fields.Field, from earlier) (steps, equal int) {
	specs := []map[string]any{field.Without(t, from.spec(t, live.kind))}
	for i, step := range transitions() {
		specs = append(specs, step.to(t, field, specs[i]))
		ends.of(fresh, specs[i+1]) // first, as there may be no two of it
	}
	for i, step := range transitions() {
		from.reach(live, specs[i])
		live.pass(field, specs[i+1])
		live.settle(running)
		steps++
		if diff := cmp.Diff(ends.of(fresh, specs[i+1]), live.state()); diff != "" {
			t.Errorf("%s ends elsewhere (-fresh +live):\n%s", step.name, diff)
		} else {
			equal++
		}
	}
	return steps, equal
}

// of is how a resource ends that is created with the spec.
func (e ends) of(fresh *resource, spec map[string]any) state {
	fresh.t.Helper()
	text, err := json.Marshal(spec)
	if err != nil {
		fresh.t.Fatal(err)
	}
	if end, ok := e[string(text)]; ok {
		return end
	}
	fresh.write(spec)
	fresh.settle(running)
	end := fresh.state()
	fresh.remove(fresh.t.Context())
	e[string(text)] = end
	return end
}

// pass writes the spec. A field that Kubernetes does not let change at once
// passes through a state that lets it go; the API server says so.
func (r *resource) pass(field fields.Field, spec map[string]any) {
	r.t.Helper()
	err := r.try(spec)
	if err != nil && field.Between != nil {
		r.write(fields.Put(r.t, spec, field.Between))
		r.settle(running)
		err = r.try(spec)
	}
	if err != nil {
		r.t.Fatalf("writing %v: %v", spec, err)
	}
}

// readyTargets are the servers that the values of serverRef.name name.
func (r *resource) readyTargets(t *testing.T) {
	t.Helper()
	for _, field := range r.kind.Fields(t) {
		if field.Path != "serverRef.name" {
			continue
		}
		for _, value := range []string{field.Set, field.Change, field.Min, field.Max} {
			var name string
			if err := json.Unmarshal([]byte(value), &name); err != nil {
				t.Fatal(err)
			}
			r.readyServer(name)
		}
	}
}

// makePriorities makes the priority classes that the values of
// pod.priorityClassName name.
func makePriorities(t *testing.T) {
	t.Helper()
	for _, field := range fields.Server.Fields(t) {
		if field.Path != "pod.priorityClassName" {
			continue
		}
		for _, value := range []string{field.Set, field.Change, field.Max} {
			var class schedulingv1.PriorityClass
			if err := json.Unmarshal([]byte(value), &class.Name); err != nil {
				t.Fatal(err)
			}
			if err := server.Client.Create(t.Context(), &class); err != nil {
				t.Fatal(err)
			}
		}
	}
}
