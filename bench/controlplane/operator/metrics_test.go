package operator

import (
	"strings"
	"testing"
	"time"
)

const metrics = `# TYPE controller_runtime_active_workers gauge
controller_runtime_active_workers{controller="tcpclient"} 0
controller_runtime_active_workers{controller="tcpserver"} 2
# TYPE controller_runtime_reconcile_errors_total counter
controller_runtime_reconcile_errors_total{controller="tcpclient"} 3
controller_runtime_reconcile_errors_total{controller="tcpserver"} 1
# TYPE controller_runtime_reconcile_time_seconds histogram
controller_runtime_reconcile_time_seconds_bucket{controller="tcpclient",le="0.005"} 40
controller_runtime_reconcile_time_seconds_bucket{controller="tcpclient",le="0.05"} 48
controller_runtime_reconcile_time_seconds_bucket{controller="tcpclient",le="+Inf"} 50
controller_runtime_reconcile_time_seconds_sum{controller="tcpclient"} 1
controller_runtime_reconcile_time_seconds_count{controller="tcpclient"} 50
controller_runtime_reconcile_time_seconds_bucket{controller="tcpserver",le="0.005"} 40
controller_runtime_reconcile_time_seconds_bucket{controller="tcpserver",le="0.05"} 50
controller_runtime_reconcile_time_seconds_bucket{controller="tcpserver",le="+Inf"} 50
controller_runtime_reconcile_time_seconds_sum{controller="tcpserver"} 1
controller_runtime_reconcile_time_seconds_count{controller="tcpserver"} 50
# TYPE workqueue_depth gauge
workqueue_depth{controller="tcpserver",name="tcpserver",priority="0"} 5
`

func parsed(t *testing.T, text string) Reconciles {
	t.Helper()
	r, err := parseReconciles(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBothKindsAreAddedUp(t *testing.T) {
	r := parsed(t, metrics)
	if r.Done != 100 || r.Failed != 4 || r.Waiting != 7 {
		t.Errorf("%d done, %d failed, %d waiting; want 100, 4, 7", r.Done, r.Failed, r.Waiting)
	}
	if got := r.Within(50 * time.Millisecond); got != 0.98 {
		t.Errorf("%v are done within 50 ms, want 0.98", got)
	}
}

func TestQuantile(t *testing.T) {
	r := parsed(t, metrics)
	for q, want := range map[float64]time.Duration{
		0.4: 2500 * time.Microsecond, // half of the first bucket
		0.8: 5 * time.Millisecond,
		0.9: 30 * time.Millisecond, // 10 of the 18 in the second
		1:   50 * time.Millisecond, // beyond the last bound: that bound
	} {
		if got := r.Quantile(q); (got - want).Abs() > time.Microsecond {
			t.Errorf("quantile %v is %s, want %s", q, got, want)
		}
	}
}

func TestSinceLeavesOutWhatWasBefore(t *testing.T) {
	before := parsed(t, metrics)
	after := parsed(t, metrics)
	after.Done += 20
	d := after.Since(before)
	if d.Done != 20 || d.Failed != 0 || d.Within(50*time.Millisecond) != 0 {
		t.Errorf("%d done, %d failed, %v of them within 50 ms; want 20 slow ones", d.Done, d.Failed, d.Within(50*time.Millisecond))
	}
}
