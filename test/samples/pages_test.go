package samples

import (
	"strings"
	"testing"

	"tcp-operator.io/test/kustomize"
	"tcp-operator.io/test/markdown"
)

// TestManifestsOfPagesAreAccepted asks the API server about every manifest of
// ours that a page shows.
func TestManifestsOfPagesAreAccepted(t *testing.T) {
	namespace := server.Namespace(t)
	asked := 0
	for _, p := range markdown.Pages(t) {
		for _, b := range p.Blocks {
			if b.Language != "yaml" || !strings.HasPrefix(b.Text, "apiVersion: tcp-operator.io/") {
				continue
			}
			for _, o := range kustomize.Objects(t, []byte(b.Text)) {
				asked++
				if err := dryRun(t, o, namespace); err != nil {
					t.Errorf("%s: %v in\n%s", p.Path, err, b.Text)
				}
			}
		}
	}
	if asked < 9 {
		t.Errorf("found only %d manifests", asked)
	}
	t.Logf("%d manifests are accepted", asked)
}
