package observed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// fetchTimeout bounds one read of a snapshot, from dial to last byte.
const fetchTimeout = 2 * time.Second

// newHTTPClient returns a client that asks pods directly: no proxy, no
// redirect, no idle connections that would outlive their pod.
func newHTTPClient() *http.Client {
	return &http.Client{
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: fetchTimeout}).DialContext,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 16 << 10,
		},
	}
}

// snapshotURL is where pod serves its snapshot.
func snapshotURL(pod *corev1.Pod) string {
	return "http://" + net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(spec.AdminPort)) + snapshot.Path
}

// fetch reads one snapshot. The text of the error does not change while the
// cause does not, because it is shown in conditions.
func fetch(ctx context.Context, c *http.Client, url string, role snapshot.Role) (snapshot.Snapshot, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return snapshot.Snapshot{}, errors.New("no address")
	}
	response, err := c.Do(request)
	if err != nil {
		return snapshot.Snapshot{}, unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return snapshot.Snapshot{}, fmt.Errorf("answered with HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, snapshot.MaxBytes+1))
	if err != nil {
		return snapshot.Snapshot{}, unreachable(err)
	}
	return parse(body, role)
}

func unreachable(err error) error {
	if os.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", fetchTimeout)
	}
	return errors.New("not reachable")
}

// parse reads a snapshot and refuses what status could not carry: the pod may
// run anything.
func parse(body []byte, role snapshot.Role) (snapshot.Snapshot, error) {
	if len(body) > snapshot.MaxBytes {
		return snapshot.Snapshot{}, fmt.Errorf("answered with more than %d bytes", snapshot.MaxBytes)
	}
	var s snapshot.Snapshot
	if err := json.Unmarshal(body, &s); err != nil {
		return snapshot.Snapshot{}, errors.New("answered with something that is no snapshot")
	}
	if s.Version != snapshot.Version {
		return snapshot.Snapshot{}, fmt.Errorf("answered with snapshot version %d, want %d", s.Version, snapshot.Version)
	}
	if s.Role != role || !sane(s) {
		return snapshot.Snapshot{}, errors.New("answered with a snapshot that makes no sense")
	}
	return s, nil
}

func sane(s snapshot.Snapshot) bool {
	counters := []int64{
		s.Sessions.Desired, s.Sessions.Open, s.Sessions.Opened, s.Sessions.Rejected, s.Sessions.Lost,
		s.Sessions.Reached, s.Sessions.Blocked,
		s.Messages.Received, s.Messages.Sent, s.Messages.Exceptions,
	}
	if slices.Min(counters) < 0 || slices.Max(counters) > maxCounter || len(s.Outages) > snapshot.MaxOutages {
		return false
	}
	if f := s.LastFailure; f != nil && (!knownReason(f.Reason) || !knownPhase(f.Phase)) {
		return false
	}
	return !slices.ContainsFunc(s.Outages, func(o snapshot.Outage) bool { return !saneOutage(o) })
}

// maxCounter is the largest number that every reader of JSON holds exactly. The
// sum over a thousand pods fits into an int64.
const maxCounter = 1 << 53

// maxOutage is the longest that a time.Duration holds.
const maxOutage = int64(math.MaxInt64 / time.Millisecond)

// maxAddressBytes holds an IPv6 address with zone and port.
const maxAddressBytes = 64

func saneOutage(o snapshot.Outage) bool {
	return knownReason(o.Reason) && knownPhase(o.Phase) &&
		slices.Contains([]snapshot.Side{"", snapshot.Local, snapshot.Peer, snapshot.Network}, o.ClosedBy) &&
		len(o.LocalAddress) <= maxAddressBytes && len(o.RemoteAddress) <= maxAddressBytes &&
		o.DurationMilliseconds >= 0 && o.DurationMilliseconds <= maxOutage && o.SessionAgeSeconds >= 0 && o.Attempts >= 0 &&
		storable(o.StartTime) && (o.EndTime == nil || storable(*o.EndTime) && !o.EndTime.Before(o.StartTime))
}

// storable tells whether the API server takes t: a year of four digits, which
// another time zone can put out of reach.
func storable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1970 && year <= 9999
}

func knownReason(r snapshot.Reason) bool {
	return slices.Contains(snapshot.CloseReasons(), r) || slices.Contains(snapshot.FailureReasons(), r)
}

func knownPhase(p snapshot.Phase) bool {
	return slices.Contains(snapshot.Phases(), p)
}
