package await

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"tcp-operator.io/topology"
)

// Report is what waiting for one resource came to.
type Report struct {
	// Resource has no kind where there is none of the name that was given.
	Resource topology.Key  `json:"resource"`
	Goal     Goal          `json:"goal"`
	Outcome  Outcome       `json:"outcome"`
	Message  string        `json:"message"`
	Start    time.Time     `json:"startTime"`
	Took     time.Duration `json:"-"`
}

// JSON writes the report as one object.
func (r Report) JSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Report
		TookMilliseconds int64 `json:"tookMilliseconds"`
	}{r, r.Took.Milliseconds()})
}

// The form of JUnit's reports that build servers agree on.
type suite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Started  string   `xml:"timestamp,attr"`
	Case     testcase `xml:"testcase"`
}

type testcase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"`
	Failure *problem `xml:"failure,omitempty"`
	Error   *problem `xml:"error,omitempty"`
}

type problem struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
}

// JUnit writes the report as a test suite of one case.
func (r Report) JUnit(w io.Writer) error {
	seconds := fmt.Sprintf("%.3f", r.Took.Seconds())
	s := suite{
		Name: "tcp-operator", Tests: 1, Time: seconds, Started: r.Start.UTC().Format("2006-01-02T15:04:05"),
		Case: testcase{Class: strings.Trim(r.Resource.Kind+"."+r.Resource.Namespace, "."), Name: r.Resource.Name + " " + string(r.Goal), Time: seconds},
	}
	why := &problem{Type: string(r.Outcome), Message: r.Message}
	switch r.Outcome {
	case Met:
	case Failed, Interrupted: // nothing was found out about the resource
		s.Errors, s.Case.Error = 1, why
	default:
		s.Failures, s.Case.Failure = 1, why
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
