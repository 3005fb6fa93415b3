package page

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestHeaders holds what every kind of answer tells the browser.
func TestHeaders(t *testing.T) {
	h := Handler(newWorld())
	var got strings.Builder
	for _, path := range []string{"/ui/", "/ui/app.js", "/ui/style.css", "/ui/icon.svg", "/ui/missing",
		"/ui/api/v1/topology", "/ui/api/v1/sessions?kind=TcpServer&namespace=default&name=greeter", "/ui/api/v1/events"} {
		answer := get(t, h, path)
		fmt.Fprintf(&got, "GET %s\n%d\n", path, answer.Code)
		for _, name := range slices.Sorted(maps.Keys(answer.Header())) {
			value := strings.Join(answer.Header().Values(name), " | ")
			if name == "Etag" || name == "Content-Length" {
				value = "..." // follows the content
			}
			fmt.Fprintf(&got, "%s: %s\n", name, value)
		}
		fmt.Fprintln(&got)
	}
	golden := filepath.Join("testdata", "headers.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestOnlyReadsAreAnswered(t *testing.T) {
	w := newWorld()
	h := Handler(w)
	for _, path := range []string{"/ui/", "/ui/app.js", "/ui/api/v1/topology", "/ui/api/v1/sessions", "/ui/api/v1/events"} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "anything"} {
			answer := ask(t, h, method, path)
			if answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", method, path, answer.Code, answer.Header().Get("Allow"))
			}
		}
	}
	if w.looks > 0 || len(w.asked) > 0 {
		t.Errorf("%d looks and questions %v for them", w.looks, w.asked)
	}
	if answer := ask(t, h, http.MethodHead, "/ui/api/v1/topology"); answer.Code != http.StatusOK {
		t.Errorf("HEAD: %d", answer.Code)
	}
}

// TestThePageBringsItsOwnFilesOnly: no address of elsewhere, nothing that the
// policy would refuse, and text never becomes HTML.
func TestThePageBringsItsOwnFilesOnly(t *testing.T) {
	forbidden := []string{"https://", "http://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser",
		"eval(", "new Function", "style=", "<style", "onclick=", "javascript:", "src=\"/", "href=\"/", "'/ui", "\"/ui"}
	count := 0
	err := fs.WalkDir(embedded, "assets", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		count++
		content, err := fs.ReadFile(embedded, path)
		// The name of SVG is written like an address.
		text := strings.ReplaceAll(string(content), "http://www.w3.org/2000/svg", "")
		for _, word := range forbidden {
			if strings.Contains(text, word) {
				t.Errorf("%s contains %s", path, word)
			}
		}
		return err
	})
	if err != nil || count < 5 {
		t.Errorf("%d files (%v)", count, err)
	}
}

func TestFilesAreSentAgainOnlyWhenTheyChanged(t *testing.T) {
	h := Handler(newWorld())
	etag := get(t, h, "/ui/").Header().Get("ETag")
	if answer := get(t, h, "/ui/app.js", "If-None-Match", etag); answer.Code != http.StatusNotModified {
		t.Errorf("with the current tag: %d", answer.Code)
	}
	if answer := get(t, h, "/ui/app.js", "If-None-Match", `"older"`); answer.Code != http.StatusOK {
		t.Errorf("with an older tag: %d", answer.Code)
	}
}
