package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/topology"
)

const (
	jsonType = "application/json"
	// asked is how many questions about single resources are answered at once,
	// whatever they are about: each is passed on, to pods or to the API server.
	asked = 4
	// answerTimeout bounds one of them, with the wait for its turn.
	answerTimeout = 8 * time.Second
	// maxEvents is how many events of a resource are shown.
	maxEvents = 20
)

// sessionsAnswer is the JSON of a resource's sessions.
type sessionsAnswer struct {
	Pods []observed.PodSessions `json:"pods"`
	// MorePods are there, and were not asked.
	MorePods int `json:"morePods"`
}

func sessionsOf(ctx context.Context, s Source, key topology.Key) (any, error) {
	pods, more, err := s.Sessions(ctx, key)
	return sessionsAnswer{Pods: append([]observed.PodSessions{}, pods...), MorePods: more}, err
}

// eventsAnswer is the JSON of a resource's events.
type eventsAnswer struct {
	// Events are the newest, newest first.
	Events []topology.Event `json:"events"`
	// Problem is why there are none to be seen; empty where they can be.
	Problem string `json:"problem,omitempty"`
}

func eventsOf(ctx context.Context, s Source, key topology.Key) (any, error) {
	list, err := s.Events(ctx, key)
	if apierrors.IsForbidden(err) {
		return eventsAnswer{Events: []topology.Event{}, Problem: "The operator may not list events here: it needs the right to list events in the group events.k8s.io."}, nil
	}
	return eventsAnswer{Events: topology.NewestEvents(list, maxEvents)}, err
}

// about answers a question about the one resource that the request names. The
// name serves to look it up and for nothing else. turns holds one value for
// each question that is being answered.
func about(s Source, turns chan struct{}, answer func(context.Context, Source, topology.Key) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, err := keyOf(r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		select {
		case turns <- struct{}{}:
			defer func() { <-turns }()
		case <-ctx.Done():
			fail(w, ctx.Err())
			return
		}
		exists, err := s.Exists(ctx, key)
		if err == nil && !exists {
			http.Error(w, fmt.Sprintf("there is no %s %s/%s", key.Kind, key.Namespace, key.Name), http.StatusNotFound)
			return
		}
		var found any
		if err == nil {
			found, err = answer(ctx, s, key)
		}
		if err != nil {
			fail(w, err)
			return
		}
		w.Header().Set("Content-Type", jsonType)
		_ = json.NewEncoder(w).Encode(found) // fails only when the reader has gone
	})
}

func keyOf(query url.Values) (topology.Key, error) {
	key := topology.Key{Kind: query.Get("kind"), Namespace: query.Get("namespace"), Name: query.Get("name")}
	if key != topology.ServerKey(key.Namespace, key.Name) && key != topology.ClientKey(key.Namespace, key.Name) {
		return key, fmt.Errorf("kind: %q is not known: write %s or %s", key.Kind, topology.ServerKey("", "").Kind, topology.ClientKey("", "").Kind)
	}
	if key.Namespace == "" || key.Name == "" {
		return key, errors.New("namespace, name: name one resource")
	}
	return key, nil
}

// fail says that the manager itself could not find out.
func fail(w http.ResponseWriter, err error) {
	if errors.Is(err, context.DeadlineExceeded) {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "too busy to answer in time", http.StatusServiceUnavailable)
		return
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}
