package wire_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"tcp-operator.io/test/faults/wire"
)

const (
	path      = "/apis/apps/v1/namespaces/here/deployments"
	watching  = "https://api" + path + "?watch=true"
	listing   = watching + "&sendInitialEvents=true"
	endOfList = `{"type":"BOOKMARK","object":{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"resourceVersion":"3","annotations":{"k8s.io/initial-events-end":"true"}}}}`
)

// server is an API server that sends what the test says.
type server struct {
	frames *io.PipeWriter
	code   int
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, frames := io.Pipe()
	s.frames = frames
	return &http.Response{StatusCode: max(s.code, http.StatusOK), Body: body, Request: r}, nil
}

// send sends frames, as many as the client reads.
func (s *server) send(frames ...string) {
	to := s.frames
	go func() {
		for _, f := range frames {
			if _, err := io.WriteString(to, f+"\n"); err != nil {
				return // the client has closed the watch
			}
		}
	}()
}

// change is the frame of an object's version.
func change(kind, name string, version int) string {
	return fmt.Sprintf(`{"type":%q,"object":{"metadata":{"name":%q,"namespace":"here","resourceVersion":"%d"}}}`, kind, name, version)
}

// through is a client of s by way of w.
func through(t *testing.T, w *wire.Wire, s *server) *http.Client {
	t.Helper()
	config := w.Config(&rest.Config{Host: "https://api"})
	return &http.Client{Transport: config.WrapTransport(s)}
}

func open(t *testing.T, c *http.Client, url string) *bufio.Reader {
	t.Helper()
	response, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return bufio.NewReader(response.Body)
}

// said is what the client reads next: the type and version of a frame.
func said(t *testing.T, from *bufio.Reader) string {
	t.Helper()
	line, err := from.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	var frame struct {
		Type   string
		Object struct {
			Code     int
			Metadata struct{ Name, ResourceVersion string }
		}
	}
	if err := json.Unmarshal([]byte(line), &frame); err != nil {
		t.Fatal(err)
	}
	if frame.Object.Code != 0 {
		return fmt.Sprint(frame.Type, " ", frame.Object.Code)
	}
	return strings.Join(strings.Fields(frame.Type+" "+frame.Object.Metadata.Name+" "+frame.Object.Metadata.ResourceVersion), " ")
}

func TestWhatBecomesOfAFrame(t *testing.T) {
	for fate, want := range map[wire.Fate][]string{
		wire.Deliver:  {"ADDED a 4", "MODIFIED a 5", "ADDED b 6", "MODIFIED a 7"},
		wire.Drop:     {"ADDED a 4", "EOF"},
		wire.Lose:     {"ADDED a 4", "ADDED b 6", "MODIFIED a 7"},
		wire.Relist:   {"ADDED a 4", "ERROR 410", "EOF"},
		wire.Coalesce: {"ADDED a 4", "ADDED b 6", "MODIFIED a 7"},
	} {
		t.Run(fate.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire.Wire{Patience: time.Second, Judge: func(f wire.Frame) wire.Fate {
					if f.String() == "deployments-1" {
						return fate
					}
					return wire.Deliver
				}}
				s := &server{}
				frames := open(t, through(t, w, s), watching)
				s.send(change("ADDED", "a", 4), change("MODIFIED", "a", 5), change("ADDED", "b", 6), change("MODIFIED", "a", 7))
				for _, want := range want {
					if got := said(t, frames); got != want {
						t.Errorf("the client reads %s, want %s", got, want)
					}
				}
			})
		})
	}
}

func TestAFrozenWatchGoesOnWhenThawed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire.Wire{Judge: func(f wire.Frame) wire.Fate {
			if f.Index == 0 {
				return wire.Freeze
			}
			return wire.Deliver
		}}
		s := &server{}
		frames := open(t, through(t, w, s), watching)
		s.send(change("ADDED", "a", 4), change("MODIFIED", "a", 5))
		var got []string
		go func() { got = append(got, said(t, frames), said(t, frames)) }()
		synctest.Wait()
		if len(got) > 0 {
			t.Errorf("while frozen, the client reads %q", got)
		}
		w.Thaw()
		synctest.Wait()
		if !slices.Equal(got, []string{"ADDED a 4", "MODIFIED a 5"}) {
			t.Errorf("thawed, the client reads %q", got)
		}
	})
}

func TestWhatShouldFreezeTooLateDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := &wire.Wire{Judge: func(wire.Frame) wire.Fate { return wire.Freeze }}, &server{}
		frames := open(t, through(t, w, s), watching)
		w.Thaw()
		s.send(change("ADDED", "a", 4))
		if got := said(t, frames); got != "ADDED a 4" {
			t.Errorf("thawed before, the client reads %s", got)
		}
	})
}

func TestAHeldOperatorSeesAndAsksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := &wire.Wire{}, &server{}
		c := through(t, w, s)
		frames := open(t, c, watching)
		w.Hold()
		s.send(change("ADDED", "a", 4))
		var got []string
		go func() { got = append(got, said(t, frames)) }()
		go func() {
			open(t, c, watching)
			got = append(got, "another watch")
		}()
		synctest.Wait()
		if all, _ := w.Requests(); len(got) > 0 || all != 1 {
			t.Errorf("while held, %d requests were sent, and the client reads %q", all, got)
		}
		w.Release()
		synctest.Wait()
		slices.Sort(got)
		if !slices.Equal(got, []string{"ADDED a 4", "another watch"}) {
			t.Errorf("released, the client reads %q", got)
		}
	})
}

func TestACutEndsWatchesAndRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, why := &wire.Wire{}, &server{}, errors.New("nobody there")
		c := through(t, w, s)
		frames := open(t, c, watching)
		w.Cut(why)
		if got := said(t, frames); got != io.ErrUnexpectedEOF.Error() {
			t.Errorf("the client reads %s", got)
		}
		if _, err := c.Get(watching); !errors.Is(err, why) {
			t.Errorf("a request while cut: %v", err)
		}
		w.Mend()
		open(t, c, watching)
		if all, refused := w.Requests(); all != 3 || refused != 1 {
			t.Errorf("%d requests of which %d failed, want 3 and 1", all, refused)
		}
	})
}

func TestAnAnswerIsLostAfterTheWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("lost")
		var committed []string
		w, s := &wire.Wire{Committed: func(r wire.Request) error {
			committed = append(committed, fmt.Sprint(r, " ", r.UID()))
			return lost
		}}, &server{}
		c := through(t, w, s)
		open(t, c, watching)
		remove := func() error {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "https://api/api/v1/namespaces/here/services/a",
				strings.NewReader(`{"preconditions":{"uid":"u"}}`))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Do(r)
			return err
		}
		if err := remove(); !errors.Is(err, lost) {
			t.Errorf("the client is told %v", err)
		}
		s.code = http.StatusConflict
		if err := remove(); err != nil {
			t.Errorf("of a refused write, the client is told %v", err)
		}
		if want := []string{"delete services a u"}; !slices.Equal(committed, want) {
			t.Errorf("committed: %q, want %q", committed, want)
		}
		if n := len(w.Writes()); n != 2 {
			t.Errorf("%d writes were sent, want 2", n)
		}
	})
}

func TestARefusalTakesThePlaceOfTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire.Wire{
			Refuse: func(r wire.Request) *metav1.Status {
				if r.Writes() {
					return &metav1.Status{Code: http.StatusInternalServerError, Message: "no space", Details: &metav1.StatusDetails{RetryAfterSeconds: 7}}
				}
				return nil
			},
			Committed: func(r wire.Request) error {
				t.Errorf("%s was committed", r)
				return nil
			},
		}
		c := through(t, w, &server{})
		response, err := c.Post("https://api/api/v1/namespaces/here/services", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusInternalServerError || !strings.Contains(string(text), "no space") {
			t.Errorf("the client is told %s %s, %v", response.Status, text, err)
		}
		if after := response.Header.Get("Retry-After"); after != "7" {
			t.Errorf("the client is told to come again after %q", after)
		}
		open(t, c, watching)
	})
}

func TestThePastIsWhatWasThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := &wire.Wire{}, &server{}
		frames := open(t, through(t, w, s), listing)
		s.send(change("ADDED", "a", 1), change("ADDED", "b", 2), endOfList, change("MODIFIED", "a", 4), change("DELETED", "b", 5))
		for range 5 {
			said(t, frames)
		}
		past, err := w.Past()
		if err != nil {
			t.Fatal(err)
		}
		later := &wire.Wire{Judge: func(f wire.Frame) wire.Fate {
			t.Errorf("%s is judged", f)
			return wire.Deliver
		}}
		later.Return(past)
		c := through(t, later, s)
		frames = open(t, c, listing)
		for _, want := range []string{"ADDED a 4", "BOOKMARK 5"} {
			if got := said(t, frames); got != want {
				t.Errorf("in the past, the client reads %s, want %s", got, want)
			}
		}
		later.Thaw()
		if got := said(t, frames); got != "EOF" {
			t.Errorf("at the end of the past, the client reads %s", got)
		}
		frames = open(t, c, listing)
		s.send(endOfList)
		if got := said(t, frames); got != "BOOKMARK 3" {
			t.Errorf("in the present, the client reads %s", got)
		}
	})
}
