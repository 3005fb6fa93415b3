package plane

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// auditPolicy writes one line for each request, and two for a watch: one when
// it begins.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
`

// Request is one answered request, as the API server wrote it down.
type Request struct {
	User, Verb            string
	Resource, Subresource string
	Namespace, Name       string
	Code                  int32
	Received, Answered    time.Time
}

// Writes tells whether the request may change something.
func (r Request) Writes() bool {
	switch r.Verb {
	case "get", "list", "watch":
		return false
	}
	return true
}

// Creates tells whether the request has made an object.
func (r Request) Creates() bool { return r.Code == 201 }

// Audit reads the API server's audit log.
type Audit struct{ path string }

// A Mark is a place in the log.
type Mark int64

// Mark is the present end of the log.
func (a *Audit) Mark() (Mark, error) {
	info, err := os.Stat(a.path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return Mark(info.Size()), nil
}

// Since returns what user was answered after the mark, and the place up to
// which it was read.
func (a *Audit) Since(mark Mark, user string) ([]Request, Mark, error) {
	log, err := os.Open(a.path)
	if err != nil {
		return nil, mark, err
	}
	defer log.Close()
	if _, err := log.Seek(int64(mark), io.SeekStart); err != nil {
		return nil, mark, err
	}
	return read(log, mark, user)
}

// read reads whole lines; one that is still being written is left for later.
func read(log io.Reader, mark Mark, user string) ([]Request, Mark, error) {
	var all []Request
	// Of a line that is another user's this is all that has to be read.
	mine := fmt.Appendf(nil, `"username":%q`, user)
	for lines := bufio.NewReaderSize(log, 1<<20); ; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return all, mark, nil
		}
		if err != nil {
			return nil, mark, err
		}
		mark += Mark(len(line))
		if !bytes.Contains(line, mine) {
			continue
		}
		var e auditv1.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, mark, fmt.Errorf("reading the audit log: %w", err)
		}
		if e.User.Username == user && counts(&e) {
			all = append(all, request(&e))
		}
	}
}

// counts leaves one event of each request: a watch counts when it begins, for
// it may not end; any other request when it was answered.
func counts(e *auditv1.Event) bool {
	if e.Verb == "watch" {
		return e.Stage == auditv1.StageResponseStarted
	}
	return e.Stage == auditv1.StageResponseComplete
}

func request(e *auditv1.Event) Request {
	r := Request{
		User:     e.User.Username,
		Verb:     e.Verb,
		Received: e.RequestReceivedTimestamp.Time,
		Answered: e.StageTimestamp.Time,
	}
	if e.ResponseStatus != nil {
		r.Code = e.ResponseStatus.Code
	}
	if o := e.ObjectRef; o != nil {
		r.Resource, r.Subresource, r.Namespace, r.Name = o.Resource, o.Subresource, o.Namespace, o.Name
	}
	return r
}
