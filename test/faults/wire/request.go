package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
)

// Request is what a client asked of the API server.
type Request struct {
	Time      time.Time
	Verb      string // as RBAC names it
	Resource  string // with its subresource: deployments, tcpservers/status
	Namespace string
	Name      string
	Body      []byte // of a write
}

// String names a request, as a fault plan does.
func (r Request) String() string { return fmt.Sprintf("%s %s %s", r.Verb, r.Resource, r.Name) }

// Writes tells whether a request changes something.
func (r Request) Writes() bool {
	return slices.Contains([]string{"create", "update", "patch", "delete", "deletecollection"}, r.Verb)
}

// UID is the one that a deletion is bound to; empty when it is bound to none.
func (r Request) UID() types.UID {
	var options metav1.DeleteOptions
	if err := json.Unmarshal(r.Body, &options); err != nil || options.Preconditions == nil || options.Preconditions.UID == nil {
		return ""
	}
	return *options.Preconditions.UID
}

var resolver = apirequest.RequestInfoFactory{
	APIPrefixes:          sets.NewString("api", "apis"),
	GrouplessAPIPrefixes: sets.NewString("api"),
}

// read takes a request apart and leaves it as it was.
func read(r *http.Request) (Request, error) {
	info, err := resolver.NewRequestInfo(r)
	if err != nil {
		return Request{}, fmt.Errorf("reading a request: %w", err)
	}
	out := Request{Time: time.Now(), Verb: info.Verb, Resource: info.Resource, Namespace: info.Namespace, Name: info.Name}
	if info.Subresource != "" {
		out.Resource += "/" + info.Subresource
	}
	if !out.Writes() || r.Body == nil {
		return out, nil
	}
	if out.Body, err = io.ReadAll(r.Body); err != nil {
		return Request{}, fmt.Errorf("reading a request: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(out.Body))
	return out, nil
}
