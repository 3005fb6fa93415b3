package wire

import (
	"encoding/json"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// event is a line of a watch.
type event struct {
	Type   watch.EventType `json:"type"`
	Object json.RawMessage `json:"object"`
}

// Frame is one event of a watch.
type Frame struct {
	Resource string
	// Index counts the frames of a resource from 0, over all its watches. It
	// is -1 for what was there before the watch, and for bookmarks.
	Index int
	Type  watch.EventType
	Meta  metav1.ObjectMeta

	line []byte
	body json.RawMessage // the object
}

// String names a frame, as a fault plan does.
func (f Frame) String() string { return fmt.Sprintf("%s-%d", f.Resource, f.Index) }

// parse reads a line of a watch.
func parse(line []byte) (Frame, error) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return Frame{}, fmt.Errorf("reading a frame: %w", err)
	}
	var object struct {
		Meta metav1.ObjectMeta `json:"metadata"`
	}
	// The object of an error has other metadata: none is needed of it.
	if err := json.Unmarshal(e.Object, &object); err != nil && e.Type != watch.Error {
		return Frame{}, fmt.Errorf("reading the object of a frame: %w", err)
	}
	return Frame{Index: -1, Type: e.Type, Meta: object.Meta, line: line, body: e.Object}, nil
}

// endsListing tells whether f ends what was there before the watch.
func (f Frame) endsListing() bool {
	return f.Type == watch.Bookmark && f.Meta.Annotations[metav1.InitialEventsAnnotationKey] == "true"
}

// changes tells whether f says that an object has changed.
func (f Frame) changes() bool {
	return f.Type == watch.Added || f.Type == watch.Modified || f.Type == watch.Deleted
}

func (f Frame) object() string { return f.Meta.Namespace + "/" + f.Meta.Name }

// latest are the frames that remain when only the last of each object is kept.
func latest(frames []Frame) []Frame {
	last := map[string]int{}
	for i, f := range frames {
		last[f.object()] = i
	}
	var out []Frame
	for i, f := range frames {
		if last[f.object()] == i {
			out = append(out, f)
		}
	}
	return out
}

// expired is the line by which an API server says that it no longer knows
// what came after the version that the client has.
var expired = func() []byte {
	status, err := json.Marshal(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure,
		Message:  "too old resource version",
		Reason:   metav1.StatusReasonExpired,
		Code:     http.StatusGone,
	})
	if err == nil {
		status, err = json.Marshal(event{watch.Error, status})
	}
	if err != nil {
		panic("a status is plain data: " + err.Error())
	}
	return append(status, '\n')
}()
