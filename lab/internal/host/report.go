package host

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tcp-operator.io/lab/internal/status"
)

// Report asks the inside how it is. With checks it puts questions to the
// running cluster, which takes some seconds if it does not answer.
func (l Lab) Report(ctx context.Context, checks bool) (status.Report, error) {
	var report status.Report
	socket := filepath.Join(l.Dir(), status.Socket)
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	url := "http://lab/"
	if checks {
		url += "check"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return report, err
	}
	response, err := client.Do(request)
	if err != nil {
		return report, fmt.Errorf("ask the inside of lab %s: %w", l.Name, err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&report); err != nil {
		return report, fmt.Errorf("read what the inside of lab %s answers: %w", l.Name, err)
	}
	return report, nil
}

// explain turns a failure into an error that shows the end of the log.
func (l Lab) explain(f status.Failure) error {
	if f.Log == "" {
		return fmt.Errorf("lab %s: %s", l.Name, f.Message)
	}
	path := filepath.Join(l.Dir(), f.Log)
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("lab %s: %s (no log: %w)", l.Name, f.Message, err)
	}
	return fmt.Errorf("lab %s: %s\n%s\nthe whole log is %s; `lab down` cleans up", l.Name, f.Message, tail(string(text), 15), path)
}

// tail returns the last lines of a text, indented.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}
