package monitoring

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// promQL reads expressions and series.
var promQL = parser.NewParser(parser.Options{})

// engine is one for all, because making it costs more than what it is asked.
var engine = promql.NewEngine(promql.EngineOpts{MaxSamples: 100_000, Timeout: time.Minute, Parser: promQL})

func parseSeries(t *testing.T, texts []string) []storage.Series {
	t.Helper()
	var all []storage.Series
	for _, text := range texts {
		lset, values, err := promQL.ParseSeriesDesc(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var samples []chunks.Sample
		for minute, v := range values {
			if !v.Omitted {
				samples = append(samples, sample{at: int64(minute) * time.Minute.Milliseconds(), value: v.Value})
			}
		}
		all = append(all, storage.NewListSeries(lset, samples))
	}
	return all
}

// sample is a value at a moment, in milliseconds.
type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                      { return s.at }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// play returns which alerts fire within the hour, as Prometheus would have
// them: each set of labels waits for as long as "for" says.
func play(t *testing.T, series []storage.Series) []string {
	t.Helper()
	fired := map[string]bool{}
	for _, a := range alerts(t) {
		wait := time.Duration(0)
		if a.For != "" {
			parsed, err := model.ParseDuration(a.For)
			if err != nil {
				t.Fatalf("%s: %v", a.Alert, err)
			}
			wait = time.Duration(parsed)
		}
		since := map[string]time.Duration{}
		for now := time.Duration(0); now <= lastMinute(series); now += time.Minute {
			before := since
			since = map[string]time.Duration{}
			for _, result := range evaluate(t, a.Expr, now, series) {
				labels := result.Metric.String()
				since[labels] = now
				if began, ok := before[labels]; ok {
					since[labels] = began
				}
				if now-since[labels] >= wait {
					fired[a.Alert] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(fired))
}

// lastMinute is the end of the shortest series, after which nothing is known.
func lastMinute(series []storage.Series) time.Duration {
	shortest := time.Hour
	for _, s := range series {
		end := int64(0)
		for it := s.Iterator(nil); it.Next() != chunkenc.ValNone; {
			end = it.AtT()
		}
		shortest = min(shortest, time.Duration(end)*time.Millisecond)
	}
	return shortest
}

// evaluate asks for an expression's value at a moment.
func evaluate(t *testing.T, expression string, at time.Duration, series []storage.Series) promql.Vector {
	t.Helper()
	query, err := engine.NewInstantQuery(t.Context(), queryable(series), nil, variablesOfEverything.Replace(expression), time.UnixMilli(at.Milliseconds()))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return slices.Clone(vector)
}

// variablesOfEverything are those of a dashboard that leaves nothing out.
var variablesOfEverything = strings.NewReplacer("$__rate_interval", "5m", "$namespace", ".*", "$kind", ".*", "$name", ".*")

func queryable(series []storage.Series) storage.Queryable {
	return &storage.MockQueryable{MockQuerier: &storage.MockQuerier{
		SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
			set := &seriesSet{}
			for _, s := range series {
				if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Labels().Get(m.Name)) }) {
					set.rest = append(set.rest, s)
				}
			}
			return set
		},
	}}
}

// seriesSet hands out series one after the other.
type seriesSet struct {
	rest []storage.Series
	at   storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.rest) == 0 {
		return false
	}
	s.at, s.rest = s.rest[0], s.rest[1:]
	return true
}

func (s *seriesSet) At() storage.Series              { return s.at }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }
