package page

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/topology"
)

const topologyPath = "/ui/api/v1/topology"

func decoded(t *testing.T, answer *httptest.ResponseRecorder) topologyAnswer {
	t.Helper()
	var body io.Reader = answer.Body
	if answer.Header().Get("Content-Encoding") == "gzip" {
		zipped, err := gzip.NewReader(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		body = zipped
	}
	var a topologyAnswer
	if err := json.NewDecoder(body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestThePictureIsTheTopology(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.sent(7)
		got := decoded(t, get(t, Handler(w), topologyPath))
		graph := topology.Draw(w.seen, &topology.Meter{})
		want := topologyAnswer{Servers: graph.Servers, Clients: graph.Clients, Live: true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("picture (-want +got):\n%s", diff)
		}
		if got.Clients[0].Messages.Sent != 7 {
			t.Errorf("the client sent %d", got.Clients[0].Messages.Sent)
		}
	})
}

func TestThePictureSaysWhereNumbersAreFrom(t *testing.T) {
	w := newWorld()
	w.live = false
	if decoded(t, get(t, Handler(w), topologyPath)).Live {
		t.Error("a manager that asks no pods calls its numbers live")
	}
}

func TestOneDrawingServesAllWhoAskInTheSameSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h := Handler(w)
		for range 5 {
			get(t, h, topologyPath)
		}
		if w.looks != 1 {
			t.Errorf("%d looks in one moment", w.looks)
		}
		time.Sleep(shared)
		get(t, h, topologyPath)
		if w.looks != 2 {
			t.Errorf("%d looks after a second", w.looks)
		}
	})
}

func TestWhatHasNotChangedIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h := Handler(w)
		etag := get(t, h, topologyPath).Header().Get("ETag")
		time.Sleep(time.Minute)
		for _, tag := range []string{etag, `"other", ` + etag} {
			if answer := get(t, h, topologyPath, "If-None-Match", tag); answer.Code != http.StatusNotModified || answer.Body.Len() > 0 {
				t.Errorf("unchanged, with the tag %s: %d", tag, answer.Code)
			}
		}
		w.sent(1)
		time.Sleep(shared)
		if answer := get(t, h, topologyPath, "If-None-Match", etag); answer.Code != http.StatusOK || answer.Header().Get("ETag") == etag {
			t.Errorf("changed: %d", answer.Code)
		}
	})
}

func TestThePictureIsTheSameCompressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := Handler(newWorld())
		zipped := get(t, h, topologyPath, "Accept-Encoding", "gzip, br")
		if zipped.Header().Get("Content-Encoding") != "gzip" {
			t.Fatal("it is not compressed")
		}
		if diff := cmp.Diff(decoded(t, get(t, h, topologyPath)), decoded(t, zipped)); diff != "" {
			t.Errorf("(-plain +compressed):\n%s", diff)
		}
	})
}

func TestARateIsOfTheTimeInWhichOneLooked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h := Handler(w)
		for _, step := range []struct {
			after time.Duration
			sent  int64
			want  *topology.Rate
		}{
			{0, 100, nil},
			{2 * time.Second, 110, &topology.Rate{SentPerSecond: 5}},
			{time.Hour, 100_000, nil}, // nobody looked: this is no rate of now
			{2 * time.Second, 100_002, &topology.Rate{SentPerSecond: 1}},
		} {
			time.Sleep(step.after)
			w.sent(step.sent)
			if diff := cmp.Diff(step.want, decoded(t, get(t, h, topologyPath)).Clients[0].Rate); diff != "" {
				t.Errorf("after %s (-want +got):\n%s", step.after, diff)
			}
		}
	})
}

func TestAPictureThatCannotBeDrawn(t *testing.T) {
	w := newWorld()
	w.err = errors.New("the cache has not been filled")
	if answer := get(t, Handler(w), topologyPath); answer.Code != http.StatusInternalServerError {
		t.Errorf("%d: %s", answer.Code, answer.Body)
	}
}
