package security

import (
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"tcp-operator.io/workload/credentials/testcert"
)

// TestNoLogLineIsForged runs the workload against hostile peers, in both of
// its roles and both forms of its log. Each line is one that the workload
// wrote, and none can move a terminal's cursor.
func TestNoLogLineIsForged(t *testing.T) {
	for _, form := range []string{"json", "text"} {
		t.Run(form, func(t *testing.T) {
			checkLog(t, form, logOfServer(t, form), len(hostile))
			checkLog(t, form, logOfClient(t, form), len(hostile))
			checkLog(t, form, logOfHandshakes(t, form), 0)
		})
	}
}

// logOfServer is what a server logs whose peers send hostile messages.
func logOfServer(t *testing.T, form string) string {
	server := start(t, `{"reply": {"delay": "0s", "text": "."}}`, "server", "--admin-address=", "--log-format="+form)
	for _, text := range hostile {
		peer := server.dial()
		peer.send(text)
		peer.want(".")
		_ = peer.conn.Close()
	}
	return server.stop()
}

// logOfClient is what a client logs whose server greets it so.
func logOfClient(t *testing.T, form string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client := start(t, `{"greeting": "", "reply": {"delay": "0s", "text": "."}, "reconnect": {"initialDelay": "10ms", "maxDelay": "10ms"}}`,
		"client", "--admin-address=", "--log-format="+form, "--address="+l.Addr().String())
	for _, text := range hostile {
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		peer := peer{t, conn}
		peer.send(text)
		peer.want(".")
		_ = conn.Close()
	}
	return client.stop()
}

// logOfHandshakes is what both roles log of each other when the names in a
// certificate, or bytes that are no handshake, are hostile.
func logOfHandshakes(t *testing.T, form string) string {
	authority, dir := testcert.New(t), t.TempDir()
	certificate, key := authority.Issue(t, dir, "forged.example\" level=ERROR\x1b[31m", time.Now().Add(time.Hour))
	server := start(t, `{}`, "server", "--admin-address=", "--log-format="+form,
		"--tls-certificate-file="+certificate, "--tls-key-file="+key)
	for _, text := range hostile {
		server.dial().send(text + strings.Repeat(" ", 16))
		server.await("Handshake failed")
	}
	client := start(t, `{}`, "client", "--admin-address=", "--log-format="+form, "--address="+server.address,
		"--tls-ca-file="+authority.File(t, dir))
	client.await("Connection ")
	return server.stop() + client.stop()
}

// known are the messages of the workload. What peers say stands in quotes.
var known = regexp.MustCompile(`^(Starting .*|Connection (made|lost|failed|closed|rejected)|Connecting again later|` +
	`Received (msg|bytes that are not UTF-8) '([^'\\]|\\.)*'(\.\.\. \(\d+ bytes more\))? from Tcp (Client|Server)|` +
	`Handshake failed|Outage over|Draining|Closing at once|Final snapshot)$`)

// checkLog wants lines of known messages only, of which so many say that
// something was received.
func checkLog(t *testing.T, form, log string, received int) {
	t.Helper()
	if at := strings.IndexFunc(log, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); at >= 0 {
		t.Errorf("a character that no terminal should see: %q", log[at:min(at+40, len(log))])
	}
	lines := strings.Split(strings.TrimSuffix(log, "\n"), "\n")
	for _, line := range lines {
		message, err := messageOf(form, line)
		if err != nil || !known.MatchString(message) {
			t.Errorf("not a line of the workload's (%v): %s", err, line)
		}
		if strings.HasPrefix(message, "Received ") {
			received--
		}
	}
	if received != 0 {
		t.Errorf("%d messages are missing from %d lines", received, len(lines))
	}
	t.Logf("%d lines", len(lines))
}

// textLine is a line of slog's text form: time, level and message come first.
var textLine = regexp.MustCompile(`^time=\S+ level=(?:INFO|WARN|ERROR) msg=("(?:[^"\\]|\\.)*"|\S+)(?: [a-zA-Z]+=("(?:[^"\\]|\\.)*"|[^"\s]+|))*$`)

func messageOf(form, line string) (string, error) {
	if form == "json" {
		var entry struct {
			Time  time.Time
			Level string
			Msg   string
		}
		err := json.Unmarshal([]byte(line), &entry)
		return entry.Msg, err
	}
	parts := textLine.FindStringSubmatch(line)
	if parts == nil {
		return "", fmt.Errorf("not a line of a text log")
	}
	var message string
	if !strings.HasPrefix(parts[1], `"`) {
		return parts[1], nil
	}
	_, err := fmt.Sscanf(parts[1], "%q", &message)
	return message, err
}
