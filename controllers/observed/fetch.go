package observed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
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

// adminURL is where pod serves a path of its admin port.
func adminURL(pod *corev1.Pod, path string) string {
	return "http://" + net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(spec.AdminPort)) + path
}

// fetch reads one snapshot.
func fetch(ctx context.Context, c *http.Client, url string, role snapshot.Role) (snapshot.Snapshot, error) {
	body, err := read(ctx, c, url, snapshot.MaxBytes)
	if err != nil {
		return snapshot.Snapshot{}, err
	}
	return snapshot.Parse(body, role)
}

// read returns what a pod answers, at most one byte more than most. The text of
// the error does not change while the cause does not, because it is shown in
// conditions.
func read(ctx context.Context, c *http.Client, url string, most int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("no address")
	}
	response, err := c.Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered with HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return nil, unreachable(err)
	}
	return body, nil
}

func unreachable(err error) error {
	if os.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", fetchTimeout)
	}
	return errors.New("not reachable")
}
