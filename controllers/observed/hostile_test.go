package observed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"tcp-operator.io/workload/snapshot"
)

// hostile is an answer that no workload gives.
type hostile struct {
	text string
	rest string   // repeated until the operator hangs up
	want []string // one of these is what the operator says
}

// answers are the ways in which a pod may answer that no HTTP server would.
func answers(t testing.TB) map[string]hostile {
	t.Helper()
	const ok, notReachable, noSnapshot = "HTTP/1.1 200 OK\r\n", "not reachable", "answered with something that is no snapshot"
	tooMuch := fmt.Sprintf("answered with more than %d bytes", snapshot.MaxBytes)
	return map[string]hostile{
		"headers without end":      {ok, "X-More: " + strings.Repeat("x", 100) + "\r\n", []string{notReachable}},
		"one header without end":   {ok + "X-More: ", strings.Repeat("x", 100), []string{notReachable}},
		"hints without end":        {"", "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", []string{notReachable}},
		"chunks without end":       {ok + "Transfer-Encoding: chunked\r\n\r\n", "4\r\n    \r\n", []string{tooMuch}},
		"small chunks, long names": {ok + "Transfer-Encoding: chunked\r\n\r\n", "1;" + strings.Repeat("x", 200) + "\r\n \r\n", []string{notReachable, tooMuch}},
		"trailers without end":     {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X-More: " + strings.Repeat("x", 100) + "\r\n", []string{notReachable}},
		"a bomb of gzip":           {ok + "Content-Encoding: gzip\r\n\r\n" + bomb(t), "", []string{tooMuch}},
		"gzip that is none":        {ok + "Content-Encoding: gzip\r\n\r\n{}", "", []string{notReachable}},
		"no HTTP":                  {"SSH-2.0-OpenSSH\r\n", "", []string{notReachable}},
		"a negative length":        {ok + "Content-Length: -1\r\n\r\n", "", []string{notReachable}},
		"a number that is none":    {ok + "\r\n" + `{"version": NaN}`, "", []string{noSnapshot}},
		"an endless redirect":      {"HTTP/1.1 302 Found\r\nLocation: /v1/snapshot\r\n\r\n", "", []string{"answered with HTTP status 302"}},
		"the version twice":        {ok + "\r\n" + `{"version": 1, "version": 2}`, "", []string{"answered with snapshot version 2, want 1"}},
	}
}

// bomb is 8 MiB of spaces, compressed.
func bomb(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(bytes.Repeat([]byte{' '}, 8<<20))
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// from is a client whose every connection answers with text, and then with
// rest until it is closed.
func from(text, rest string, pod *sync.WaitGroup) *http.Client {
	web := newHTTPClient()
	web.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		pod.Go(func() {
			defer theirs.Close()
			if _, err := http.ReadRequest(bufio.NewReader(theirs)); err != nil {
				return
			}
			_, err := io.WriteString(theirs, text)
			for err == nil && rest != "" {
				_, err = io.WriteString(theirs, rest)
			}
		})
		return ours, nil
	}
	return web
}

// TestFetchOfHostilePods holds that whatever a pod answers ends in a short
// error, at once.
func TestFetchOfHostilePods(t *testing.T) {
	for name, c := range answers(t) {
		t.Run(name, func(t *testing.T) {
			var pod sync.WaitGroup
			_, err := fetch(t.Context(), from(c.text, c.rest, &pod), "http://pod/", snapshot.Client)
			pod.Wait() // nothing is read any more
			if !slices.Contains(c.want, fmt.Sprint(err)) {
				t.Errorf("error is %q, want one of %q", fmt.Sprint(err), c.want)
			}
		})
	}
}

// FuzzFetch holds that no bytes of a pod block the operator, or make it say
// anything but one of a few short things.
func FuzzFetch(f *testing.F) {
	for _, c := range answers(f) {
		f.Add([]byte(c.text))
		f.Add([]byte(c.text + c.rest))
	}
	f.Add(append([]byte("HTTP/1.1 200 OK\r\n\r\n"), encode(f, valid())...))
	f.Fuzz(func(t *testing.T, text []byte) {
		var pod sync.WaitGroup
		_, err := fetch(t.Context(), from(string(text), "", &pod), "http://pod/", snapshot.Client)
		pod.Wait()
		if err != nil && (!strings.HasPrefix(err.Error(), "answered with ") && err.Error() != "not reachable" || len(err.Error()) > 80) {
			t.Errorf("the error is %q", err)
		}
	})
}
