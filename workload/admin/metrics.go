package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/verdict"
)

// Registry returns the metrics of p: those of the Go runtime and the process,
// the histograms, and what the snapshot holds.
func Registry(p *Process) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		p.Stats.RoundTrip.Prometheus,
		p.Stats.Age.Prometheus,
		p.Stats.TCP.RoundTrip,
		collector{p},
	)
	return r
}

// collector makes metrics of a snapshot taken for each scrape.
type collector struct{ process *Process }

// A family is one metric name and how to read its series from a snapshot.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(s *snapshot.Snapshot, emit func(value float64, labels ...string))
}

func newFamily(kind prometheus.ValueType, name, help string, labels []string,
	read func(*snapshot.Snapshot, func(float64, ...string))) family {
	return family{prometheus.NewDesc("tcpworkload_"+name, help, labels, nil), kind, read}
}

// counter and gauge make families of one series.
func counter(name, help string, read func(*snapshot.Snapshot) int64) family {
	return newFamily(prometheus.CounterValue, name, help, nil, one(read))
}

func gauge(name, help string, read func(*snapshot.Snapshot) int64) family {
	return newFamily(prometheus.GaugeValue, name, help, nil, one(read))
}

func one(read func(*snapshot.Snapshot) int64) func(*snapshot.Snapshot, func(float64, ...string)) {
	return func(s *snapshot.Snapshot, emit func(float64, ...string)) { emit(float64(read(s))) }
}

// byReason makes a family of one series for each close reason.
func byReason(name, help string, read func(*snapshot.Snapshot) map[snapshot.Reason]int64) family {
	return newFamily(prometheus.CounterValue, name, help, []string{"reason"},
		func(s *snapshot.Snapshot, emit func(float64, ...string)) {
			for reason, n := range read(s) {
				emit(float64(n), string(reason))
			}
		})
}

var families = []family{
	gauge("ready", "Whether the process is ready, as /readyz says: 1 or 0.",
		func(s *snapshot.Snapshot) int64 { return truth(s.Ready) }),
	gauge("expectations_met", "Whether what is expected of a client's sessions holds: 1 or 0; 1 for a server.",
		func(s *snapshot.Snapshot) int64 { return truth(s.Verdict == "" || s.Verdict == string(verdict.Met)) }),
	gauge("sessions", "Sessions established now.",
		func(s *snapshot.Snapshot) int64 { return s.Sessions.Open }),
	gauge("sessions_desired", "Sessions that a client should hold; 0 for a server.",
		func(s *snapshot.Snapshot) int64 { return s.Sessions.Desired }),
	counter("sessions_opened_total", "Sessions accepted by a server or established by a client.",
		func(s *snapshot.Snapshot) int64 { return s.Sessions.Opened }),
	counter("sessions_lost_total", "Sessions of a client that ended without its own wish.",
		func(s *snapshot.Snapshot) int64 { return s.Sessions.Lost }),
	byReason("sessions_closed_total", "Sessions that ended, and connections rejected with reason SessionLimit.",
		func(s *snapshot.Snapshot) map[snapshot.Reason]int64 { return s.Closes }),
	byReason("attempts_failed_total", "Attempts of a client to connect, and TLS handshakes of a server, that failed.",
		func(s *snapshot.Snapshot) map[snapshot.Reason]int64 { return s.Failures }),
	counter("accept_errors_total", "Accepts of a server that failed, mostly for want of descriptors.",
		func(s *snapshot.Snapshot) int64 { return s.Sessions.AcceptErrors }),
	newFamily(prometheus.CounterValue, "messages_total", "Messages received and sent, greetings included.",
		[]string{"direction"}, func(s *snapshot.Snapshot, emit func(float64, ...string)) {
			emit(float64(s.Messages.Received), "received")
			emit(float64(s.Messages.Sent), "sent")
		}),
	counter("message_exceptions_total", "Messages received that were not UTF-8.",
		func(s *snapshot.Snapshot) int64 { return s.Messages.Exceptions }),
	counter("received_bytes_total", "Payload received, framing included.",
		func(s *snapshot.Snapshot) int64 { return s.Bytes.Received }),
	counter("sent_bytes_total", "Payload sent, framing included.",
		func(s *snapshot.Snapshot) int64 { return s.Bytes.Sent }),
	newFamily(prometheus.GaugeValue, "last_message_timestamp_seconds",
		"When the newest message came; 0 before the first.", nil,
		func(s *snapshot.Snapshot, emit func(float64, ...string)) {
			emit(unixSeconds(moment(s.LastMessageTime)))
		}),
	newFamily(prometheus.GaugeValue, "certificate_expiry_timestamp_seconds",
		"When the process's own TLS certificate expires; 0 without one.", nil,
		func(s *snapshot.Snapshot, emit func(float64, ...string)) {
			emit(unixSeconds(moment(s.CertificateExpiryTime)))
		}),
	counter("tcp_retransmitted_segments_total", "Segments that the kernel sent again.",
		func(s *snapshot.Snapshot) int64 { return s.TCP.RetransmittedSegments }),
	gauge("tcp_unacknowledged_segments", "Segments on their way now, of all open sessions.",
		func(s *snapshot.Snapshot) int64 { return s.TCP.UnacknowledgedSegments }),
	newFamily(prometheus.GaugeValue, "tcp_max_round_trip_seconds",
		"Longest smoothed round-trip time of the open sessions.", nil,
		func(s *snapshot.Snapshot, emit func(float64, ...string)) {
			emit(float64(s.TCP.MaxRoundTripMicroseconds) / 1e6)
		}),
	newFamily(prometheus.GaugeValue, "oldest_outage_start_timestamp_seconds",
		"When the oldest of the listed outages that last began; 0 when none lasts.", nil,
		func(s *snapshot.Snapshot, emit func(float64, ...string)) { emit(unixSeconds(oldestOutage(s))) }),
}

// Describe implements prometheus.Collector.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range families {
		to <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(to chan<- prometheus.Metric) {
	s := c.process.measured()
	for _, f := range families {
		f.read(&s, func(value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
		})
	}
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// oldestOutage returns when the oldest outage that lasts began, or the zero
// time.
func oldestOutage(s *snapshot.Snapshot) (oldest time.Time) {
	for _, o := range s.Outages {
		if o.EndTime == nil && (oldest.IsZero() || o.StartTime.Before(oldest)) {
			oldest = o.StartTime
		}
	}
	return oldest
}

// moment is *t, or the zero time.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
