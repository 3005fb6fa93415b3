package oracle

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func isTrue(all []metav1.Condition, name string) bool { return meta.IsStatusConditionTrue(all, name) }

// conditions holds what kstatus and Flux's conformance checks, by whose names
// they are called, demand of the status of a resource that has settled. always
// are the conditions that must be there.
func conditions(f *findings, cr client.Object, all []metav1.Condition, observed int64, always ...string) {
	equal(f, cr, "FAIL6-9: status.observedGeneration", observed, cr.GetGeneration())
	for _, c := range all {
		equal(f, cr, "FAIL8, FAIL9, WARN5: the generation of "+c.Type, c.ObservedGeneration, cr.GetGeneration())
		if c.Reason == "" || c.Message == "" || c.LastTransitionTime.IsZero() {
			f.add(cr, "%s lacks a reason, a message or a time: %+v", c.Type, c)
		}
		negative := c.Type == "Reconciling" || c.Type == "Stalled"
		if negative && c.Status != metav1.ConditionTrue {
			f.add(cr, "WARN3, WARN4: %s is there and %s", c.Type, c.Status)
		}
		if !negative && !slices.Contains(always, c.Type) {
			f.add(cr, "the condition %s is not documented", c.Type)
		}
	}
	for _, name := range always {
		if meta.FindStatusCondition(all, name) == nil {
			f.add(cr, "FAIL2: the condition %s is missing", name)
		}
	}
	summary(f, cr, all)
}

// summary holds that exactly one of Ready, Reconciling and Stalled is True,
// and that Ready tells what the other one does.
func summary(f *findings, cr client.Object, all []metav1.Condition) {
	ready, reconciling, stalled := isTrue(all, "Ready"), isTrue(all, "Reconciling"), isTrue(all, "Stalled")
	trues := 0
	for _, is := range []bool{ready, reconciling, stalled} {
		if is {
			trues++
		}
	}
	equal(f, cr, "FAIL1, FAIL3-5, FAIL11: the number of Ready, Reconciling and Stalled that are True", trues, 1)
	summarised := meta.FindStatusCondition(all, "Ready")
	for _, name := range []string{"Reconciling", "Stalled"} {
		worst := meta.FindStatusCondition(all, name)
		if worst == nil || summarised == nil {
			continue
		}
		equal(f, cr, "FAIL3, FAIL4: Ready beside "+name, summarised.Status, metav1.ConditionFalse)
		equal(f, cr, "WARN2: the reason of Ready", summarised.Reason, worst.Reason)
		equal(f, cr, "WARN2: the message of Ready", summarised.Message, worst.Message)
	}
}
