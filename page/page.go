// Package page is the operator's web page: a picture of the servers, the
// clients and what passes between them, drawn anew while one looks. It reads
// and never writes. Who may look is for the server around it to decide.
package page

import (
	"context"
	"net/http"

	eventsv1 "k8s.io/api/events/v1"

	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/topology"
)

// Path is the root of everything that Handler serves.
const Path = "/ui/"

// Source is what the page shows. Its methods may be called by several
// goroutines.
type Source interface {
	// Look returns what is known of all resources. live is false where the pods
	// are asked by another manager, or have not been asked yet.
	Look(ctx context.Context) (seen topology.Seen, live bool, err error)
	// Exists tells whether there is such a resource.
	Exists(ctx context.Context, key topology.Key) (bool, error)
	// Sessions returns pods of a resource and who is connected to them, and
	// how many pods there are beside those.
	Sessions(ctx context.Context, key topology.Key) (said []observed.PodSessions, more int, err error)
	// Events returns those of a resource, in any order.
	Events(ctx context.Context, key topology.Key) ([]eventsv1.Event, error)
}

// Handler serves the page under Path, and as JSON what it shows.
func Handler(s Source) http.Handler {
	mux := http.NewServeMux()
	turns := make(chan struct{}, asked)
	mux.Handle(Path, assets())
	mux.Handle(Path+"api/v1/topology", &picture{source: s})
	mux.Handle(Path+"api/v1/sessions", about(s, turns, sessionsOf))
	mux.Handle(Path+"api/v1/events", about(s, turns, eventsOf))
	return guard(mux)
}
