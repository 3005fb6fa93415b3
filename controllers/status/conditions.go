package status

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
)

// finding is one condition before it has a time and a generation.
type finding struct {
	Type    string
	Status  metav1.ConditionStatus
	Reason  string
	Message string
	// stalled means that only somebody's action ends it.
	stalled bool
	// asExpected means that it does not count against Ready.
	asExpected bool
}

func isTrue(conditionType, reason, message string) finding {
	return finding{Type: conditionType, Status: metav1.ConditionTrue, Reason: reason, Message: message}
}

func isFalse(conditionType, reason, message string) finding {
	return finding{Type: conditionType, Status: metav1.ConditionFalse, Reason: reason, Message: message}
}

func isUnknown(conditionType, reason, message string) finding {
	return finding{Type: conditionType, Status: metav1.ConditionUnknown, Reason: reason, Message: message}
}

func stalled(f finding) finding {
	f.stalled = true
	return f
}

// last is what was reported last, and the generation to report on now.
type last struct {
	conditions []metav1.Condition
	generation int64
}

// find is the last condition of a type for the current generation; nil where
// there was none.
func (l last) find(conditionType string) *metav1.Condition {
	c := meta.FindStatusCondition(l.conditions, conditionType)
	if c == nil || c.ObservedGeneration != l.generation {
		return nil
	}
	return c
}

// held tells whether the condition was True.
func (l last) held(conditionType string) bool {
	c := l.find(conditionType)
	return c != nil && c.Status == metav1.ConditionTrue
}

// again is the last finding of a type, which has to be there.
func (l last) again(conditionType string) finding {
	c := l.find(conditionType)
	return finding{Type: c.Type, Status: c.Status, Reason: c.Reason, Message: c.Message}
}

// next returns the conditions that follow from the findings: the findings
// themselves, Ready as their summary, and Reconciling or Stalled whenever
// Ready is not True, so that exactly one of the three is True (which is what
// kstatus reads). The first finding that is not True, a stalled one before all
// others, is the summary's reason.
func (l last) next(now time.Time, whenReady finding, findings []finding) []metav1.Condition {
	after := append([]metav1.Condition(nil), l.conditions...)
	for _, f := range findings {
		set(&after, f, l.generation, now)
	}
	worst, ok := worstOf(findings)
	if !ok {
		whenReady.Type, whenReady.Status = v1alpha1.ConditionReady, metav1.ConditionTrue
		set(&after, whenReady, l.generation, now)
		meta.RemoveStatusCondition(&after, v1alpha1.ConditionReconciling)
		meta.RemoveStatusCondition(&after, v1alpha1.ConditionStalled)
		return after
	}
	set(&after, isFalse(v1alpha1.ConditionReady, worst.Reason, worst.Message), l.generation, now)
	present, absent := v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled
	if worst.stalled {
		present, absent = absent, present
	}
	set(&after, isTrue(present, worst.Reason, worst.Message), l.generation, now)
	meta.RemoveStatusCondition(&after, absent)
	return after
}

func worstOf(findings []finding) (finding, bool) {
	var worst finding
	for _, f := range findings {
		if f.stalled {
			return f, true
		}
		if worst.Type == "" && f.Status != metav1.ConditionTrue && !f.asExpected {
			worst = f
		}
	}
	return worst, worst.Type != ""
}

// maxMessage is the API's own limit of a condition's message.
const maxMessage = 32768

func set(conditions *[]metav1.Condition, f finding, generation int64, now time.Time) {
	meta.SetStatusCondition(conditions, metav1.Condition{
		Type:               f.Type,
		Status:             f.Status,
		Reason:             f.Reason,
		Message:            cut(f.Message, maxMessage),
		ObservedGeneration: generation,
		LastTransitionTime: metav1.NewTime(now),
	})
}

// accepted turns the error of a reconcile into the Accepted condition. A
// plain error says nothing new about the spec.
func (l last) accepted(err error) finding {
	const accepted = v1alpha1.ConditionAccepted
	if invalid, ok := errors.AsType[*fault.Invalid](err); ok {
		return stalled(isFalse(accepted, invalid.Reason, invalid.Error()))
	}
	if c := l.find(accepted); c != nil && c.Status == metav1.ConditionFalse && fault.IsPlain(err) {
		return stalled(isFalse(accepted, c.Reason, c.Message))
	}
	return isTrue(accepted, v1alpha1.ReasonAccepted, "The spec is valid")
}

// available turns what was seen of a Deployment into the Available condition.
func available(d *DeploymentSeen, err error) finding {
	const available = v1alpha1.ConditionAvailable
	if waiting, ok := errors.AsType[*fault.Waiting](err); ok {
		return isFalse(available, waiting.Reason, waiting.Error())
	}
	switch {
	case d == nil:
		return isFalse(available, v1alpha1.ReasonRolloutPending, "There are no pods yet")
	case d.ObservedGeneration < d.Generation:
		return isUnknown(available, v1alpha1.ReasonRolloutPending, "The Deployment has yet to act on the current settings")
	case d.Failure != "":
		return stalled(isFalse(available, v1alpha1.ReasonReplicaFailure, d.Failure))
	case d.DeadlineExceeded:
		return stalled(isFalse(available, v1alpha1.ReasonProgressDeadlineExceeded,
			fmt.Sprintf("The rollout made no progress for ten minutes: %s", readyOf(d))))
	case d.Updated < d.Wanted && !d.RolledOut:
		return isFalse(available, v1alpha1.ReasonRolloutPending,
			fmt.Sprintf("%d of %d pods have the current settings", d.Updated, d.Wanted))
	case d.Replicas > d.Wanted:
		return isFalse(available, v1alpha1.ReasonRolloutPending,
			fmt.Sprintf("There are %d pods, and %d are wanted", d.Replicas, d.Wanted))
	case d.Ready < d.Wanted:
		return isFalse(available, v1alpha1.ReasonReplicasNotReady, readyOf(d))
	}
	return isTrue(available, v1alpha1.ReasonReplicasReady, readyOf(d))
}

func readyOf(d *DeploymentSeen) string {
	return fmt.Sprintf("%d of %d pods are ready", d.Ready, d.Wanted)
}

// unread is the finding about what a failed call kept from being read. What
// held for the current generation still does as far as anybody knows: the
// failure changes nothing that the user could see.
func (l last) unread(conditionType string, err error) finding {
	if l.held(conditionType) {
		return l.again(conditionType)
	}
	return isUnknown(conditionType, v1alpha1.ReasonRetrying, retryMessage(err))
}

// retryMessage names the error's class alone, because the error's own text
// may differ each time.
func retryMessage(err error) string {
	return "The operator is retrying a call that failed: " + cmp.Or(stableMessage(err), "see its log")
}

// availableDespite is available where a call may have failed: pods that are
// down are reported all the same, pods that run may lack the current settings.
func (l last) availableDespite(d *DeploymentSeen, err error) finding {
	if !fault.IsPlain(err) {
		return available(d, err)
	}
	if d != nil {
		if f := available(d, nil); f.Status != metav1.ConditionTrue || l.held(v1alpha1.ConditionAvailable) {
			return f
		}
	}
	return l.unread(v1alpha1.ConditionAvailable, err)
}
