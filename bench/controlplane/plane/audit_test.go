package plane

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const auditLog = `{"stage":"ResponseComplete","verb":"patch","user":{"username":"operator"},"objectRef":{"resource":"tcpservers","subresource":"status","namespace":"n","name":"s"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-01-02T03:04:05.000006Z","stageTimestamp":"2026-01-02T03:04:05.100006Z"}
{"stage":"ResponseStarted","verb":"watch","user":{"username":"operator"},"objectRef":{"resource":"pods"},"responseStatus":{"code":200}}
{"stage":"ResponseComplete","verb":"create","user":{"username":"bench"},"objectRef":{"resource":"services"},"responseStatus":{"code":201}}
{"stage":"ResponseComplete","verb":"watch","user":{"username":"operator"},"objectRef":{"resource":"pods"},"responseStatus":{"code":200}}
`

func TestEachRequestOfTheUserCountsOnce(t *testing.T) {
	received := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	want := []Request{
		{User: "operator", Verb: "patch", Resource: "tcpservers", Subresource: "status", Namespace: "n", Name: "s", Code: 200,
			Received: received, Answered: received.Add(100 * time.Millisecond)},
		{User: "operator", Verb: "watch", Resource: "pods", Code: 200},
	}
	got, mark, err := read(strings.NewReader(auditLog), 0, "operator")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if mark != Mark(len(auditLog)) {
		t.Errorf("read up to %d, want %d", mark, len(auditLog))
	}
}

func TestALineThatIsBeingWrittenIsReadLater(t *testing.T) {
	half := len(auditLog) - 10
	got, mark, err := read(strings.NewReader(auditLog[:half]), 100, "bench")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !got[0].Creates() {
		t.Errorf("got %v, want the one creation", got)
	}
	rest := auditLog[mark-100 : half]
	if strings.Contains(rest, "\n") || !strings.HasPrefix(rest, `{"stage":"ResponseComplete","verb":"watch"`) {
		t.Errorf("what is left is %q, want the unfinished line", rest)
	}
}

func TestWrites(t *testing.T) {
	for verb, want := range map[string]bool{
		"get": false, "list": false, "watch": false,
		"create": true, "patch": true, "update": true, "delete": true, "deletecollection": true,
	} {
		if got := (Request{Verb: verb}).Writes(); got != want {
			t.Errorf("%s writes: %t, want %t", verb, got, want)
		}
	}
}
