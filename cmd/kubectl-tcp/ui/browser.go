package ui

import (
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// A Browser has been asked to show an address.
type Browser struct {
	// Opened tells whether that worked. Where the program that opens is itself
	// the browser, it tells so at the browser's end.
	Opened <-chan error

	folder string
}

// Open opens an address in the user's browser. What other users can see of the
// command line is the name of a file that leads there, which is this user's
// alone: the address holds a secret.
func Open(address string) (*Browser, error) {
	folder, err := os.MkdirTemp("", "kubectl-tcp-") // of mode 0700
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "open.html")
	if err := os.WriteFile(file, []byte(leadTo(address)), 0o600); err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	line := append(opener(runtime.GOOS), file)
	command := exec.Command(line[0], line[1:]...)
	command.SysProcAttr = ownGroup() // Ctrl-C ends this program, and not the browser
	if err := command.Start(); err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	opened := make(chan error, 1)
	// Ends with the opener, or with this program: a browser may outlive it.
	go func() { opened <- command.Wait() }()
	return &Browser{Opened: opened, folder: folder}, nil
}

// Close removes the file. The browser stays.
func (b *Browser) Close() error { return os.RemoveAll(b.folder) }

func leadTo(address string) string {
	return fmt.Sprintf(`<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=%[1]s"><title>tcp-operator</title><a href="%[1]s">The operator's page</a>
`, html.EscapeString(address))
}

// opener is the command that opens a file as its user would.
func opener(system string) []string {
	switch system {
	case "darwin":
		return []string{"open"}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	return []string{"xdg-open"}
}
