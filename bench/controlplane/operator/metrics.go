package operator

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"sort"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Reconciles is what the operator has done so far, by its own metrics, both
// kinds together.
type Reconciles struct {
	Done    uint64 // that ended, well or not
	Failed  uint64 // that ended with an error
	Waiting int    // in the queues, or under way
	buckets map[float64]uint64
}

// Reconciles asks the operator.
func (p *Process) Reconciles(ctx context.Context) (Reconciles, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.metrics+"/metrics", nil)
	if err != nil {
		return Reconciles{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return Reconciles{}, fmt.Errorf("reading the operator's metrics: %w", err)
	}
	defer response.Body.Close()
	return parseReconciles(response.Body)
}

func parseReconciles(text io.Reader) (Reconciles, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		return Reconciles{}, fmt.Errorf("reading the operator's metrics: %w", err)
	}
	r := Reconciles{buckets: map[float64]uint64{}}
	for _, m := range families["controller_runtime_reconcile_time_seconds"].GetMetric() {
		r.Done += m.GetHistogram().GetSampleCount()
		for _, b := range m.GetHistogram().GetBucket() {
			r.buckets[b.GetUpperBound()] += b.GetCumulativeCount()
		}
	}
	r.Failed = uint64(sum(families["controller_runtime_reconcile_errors_total"]))
	r.Waiting = int(sum(families["workqueue_depth"]) + sum(families["controller_runtime_active_workers"]))
	return r, nil
}

func sum(family *dto.MetricFamily) float64 {
	var total float64
	for _, m := range family.GetMetric() {
		total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return total
}

// Since is what was done after before.
func (r Reconciles) Since(before Reconciles) Reconciles {
	d := Reconciles{Done: r.Done - before.Done, Failed: r.Failed - before.Failed, Waiting: r.Waiting, buckets: map[float64]uint64{}}
	for bound, n := range r.buckets {
		d.buckets[bound] = n - before.buckets[bound]
	}
	return d
}

// Within is the share of reconciles that took at most d, which must be the
// bound of a bucket.
func (r Reconciles) Within(d time.Duration) float64 {
	if r.Done == 0 {
		return math.NaN()
	}
	return float64(r.buckets[d.Seconds()]) / float64(r.Done)
}

// Quantile estimates the time within which the share q of reconciles ended, as
// Prometheus's histogram_quantile does: as if times were spread evenly within
// a bucket.
func (r Reconciles) Quantile(q float64) time.Duration {
	bounds := make([]float64, 0, len(r.buckets))
	for bound := range r.buckets {
		bounds = append(bounds, bound)
	}
	sort.Float64s(bounds)
	rank := q * float64(r.Done)
	var lower, below float64
	for _, bound := range bounds {
		n := float64(r.buckets[bound])
		if n >= rank && n > below && !math.IsInf(bound, 1) {
			return seconds(lower + (bound-lower)*(rank-below)/(n-below))
		}
		if !math.IsInf(bound, 1) {
			lower, below = bound, n
		}
	}
	return seconds(lower)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
