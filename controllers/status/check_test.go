package status_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/spec"
)

// failer is what the checks need of *testing.T and *rapid.T.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

var (
	reasonForm = regexp.MustCompile(`^[A-Z][A-Za-z]+$`)
	timeForm   = regexp.MustCompile(`\d\d:\d\d|\d{4}-\d\d-\d\d`)
)

var (
	serverConditions = []string{v1alpha1.ConditionReady, v1alpha1.ConditionAccepted, v1alpha1.ConditionAvailable}
	clientConditions = append(slices.Clone(serverConditions), v1alpha1.ConditionResolvedRefs, v1alpha1.ConditionConnected,
		v1alpha1.ConditionExpectationsMet)
)

// checkConditions holds what kstatus, Flux's conformance checks and this
// project demand of conditions, whatever was seen. The names are those of
// Flux's checks.
func checkConditions(t failer, conditions []metav1.Condition, observed, generation int64, always, pods []string) {
	t.Helper()
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil {
		t.Fatalf("FAIL2: no Ready in %+v", conditions)
	}
	reconciling := meta.FindStatusCondition(conditions, v1alpha1.ConditionReconciling)
	stalled := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled)
	isReady := ready.Status == metav1.ConditionTrue
	negative := reconciling
	switch {
	case reconciling != nil && stalled != nil:
		t.Errorf("FAIL5: both Reconciling and Stalled are there")
	case isReady && (reconciling != nil || stalled != nil):
		t.Errorf("FAIL1, WARN1: a negative condition is there while Ready is True")
	case !isReady && reconciling == nil && stalled == nil:
		t.Errorf("FAIL11, WARN2: neither Reconciling nor Stalled says why Ready is %s", ready.Status)
	case stalled != nil:
		negative = stalled
	}
	if negative != nil {
		if negative.Status != metav1.ConditionTrue {
			t.Errorf("WARN3, WARN4: %s is there and %s", negative.Type, negative.Status)
		}
		if ready.Status != metav1.ConditionFalse {
			t.Errorf("FAIL3, FAIL4: Ready is %s while %s is True", ready.Status, negative.Type)
		}
		if ready.Reason != negative.Reason || ready.Message != negative.Message {
			t.Errorf("WARN2: Ready says %s, %q; %s says %s, %q", ready.Reason, ready.Message, negative.Type, negative.Reason, negative.Message)
		}
	}
	if observed != generation {
		t.Errorf("FAIL6-9: status.observedGeneration is %d, want %d", observed, generation)
	}
	for _, conditionType := range always {
		if meta.FindStatusCondition(conditions, conditionType) == nil {
			t.Errorf("%s is missing", conditionType)
		}
	}
	for _, c := range conditions {
		checkCondition(t, c, generation, pods)
		asExpected := c.Type == v1alpha1.ConditionConnected && c.Reason == v1alpha1.ReasonBlocked
		if isReady && c.Status != metav1.ConditionTrue && !asExpected {
			t.Errorf("Ready is True while %s is %s", c.Type, c.Status)
		}
	}
}

func checkCondition(t failer, c metav1.Condition, generation int64, pods []string) {
	t.Helper()
	if c.ObservedGeneration != generation {
		t.Errorf("FAIL8, FAIL9, WARN5: %s has observedGeneration %d, want %d", c.Type, c.ObservedGeneration, generation)
	}
	if !reasonForm.MatchString(c.Reason) {
		t.Errorf("%s has reason %q", c.Type, c.Reason)
	}
	if c.Message == "" || len(c.Message) > 32768 || !utf8.ValidString(c.Message) {
		t.Errorf("%s has a message of %d bytes: %.100q", c.Type, len(c.Message), c.Message)
	}
	if timeForm.MatchString(c.Message) {
		t.Errorf("%s has a time in its message: %s", c.Type, c.Message)
	}
	for _, pod := range pods {
		if strings.Contains(c.Message, pod) {
			t.Errorf("%s has the pod name %s in its message: %s", c.Type, pod, c.Message)
		}
	}
	if c.LastTransitionTime.IsZero() {
		t.Errorf("%s has no time", c.Type)
	}
}

// stored is v as it comes back from an API server.
func stored[T any](t failer, v T) T {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("a status cannot be stored: %v", err)
	}
	var back T
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("a status cannot be read: %v", err)
	}
	return back
}

// serverStatus computes a status and checks what every status must hold. It
// returns the status as it comes back from an API server.
func serverStatus(t failer, cr *v1alpha1.TcpServer, seen status.ServerSeen, err error, now time.Time) (v1alpha1.TcpServerStatus, time.Duration) {
	t.Helper()
	before := cr.DeepCopy()
	got, recheck := status.Server(cr, seen, err, now)
	if !equality.Semantic.DeepEqual(before, cr) {
		t.Errorf("the resource was changed")
	}
	checkConditions(t, got.Conditions, got.ObservedGeneration, cr.Generation, serverConditions, seen.Pods.Names)
	if recheck < 0 || recheck > 75*time.Second {
		t.Errorf("recheck after %s", recheck)
	}
	after := cr.DeepCopy()
	after.Status = stored(t, got)
	again, recheckAgain := status.Server(after, seen, err, now)
	if !equality.Semantic.DeepEqual(after.Status, again) || recheck != recheckAgain {
		t.Errorf("computed again, the status differs:\n%+v, %s\n%+v, %s", after.Status, recheck, again, recheckAgain)
	}
	return after.Status, recheck
}

// clientStatus is serverStatus for a client.
func clientStatus(t failer, cr *v1alpha1.TcpClient, target spec.Address, seen status.ClientSeen, err error, now time.Time) (v1alpha1.TcpClientStatus, time.Duration) {
	t.Helper()
	before := cr.DeepCopy()
	got, recheck := status.Client(cr, target, seen, err, now)
	if !equality.Semantic.DeepEqual(before, cr) {
		t.Errorf("the resource was changed")
	}
	checkConditions(t, got.Conditions, got.ObservedGeneration, cr.Generation, clientConditions, seen.Pods.Names)
	checkOutages(t, got.Outages)
	if recheck < 0 || recheck > 2*time.Hour { // expectations may change when their window has passed
		t.Errorf("recheck after %s", recheck)
	}
	after := cr.DeepCopy()
	after.Status = stored(t, got)
	again, recheckAgain := status.Client(after, target, seen, err, now)
	if !equality.Semantic.DeepEqual(after.Status, again) || recheck != recheckAgain {
		t.Errorf("computed again, the status differs:\n%+v, %s\n%+v, %s", after.Status, recheck, again, recheckAgain)
	}
	if events := status.ClientEvents(after.Status, again); len(events) > 0 {
		t.Errorf("computed again, the status announces %+v", events)
	}
	return after.Status, recheck
}

func checkOutages(t failer, outages []v1alpha1.Outage) {
	t.Helper()
	if len(outages) > 10 {
		t.Errorf("%d outages", len(outages))
	}
	if !slices.IsSortedFunc(outages, func(a, b v1alpha1.Outage) int { return b.StartTime.Compare(a.StartTime.Time) }) {
		t.Errorf("outages are not newest first: %+v", outages)
	}
	for _, o := range outages {
		if o.EndTime != nil && o.EndTime.Time.Before(o.StartTime.Time) || o.DurationMilliseconds < 0 {
			t.Errorf("an outage ends before it begins: %+v", o)
		}
	}
}
