package page

import (
	"html"
	"io/fs"
	"regexp"
	"testing"

	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
)

// TestTheFirstCommandsFitTheAPI holds what the page tells newcomers to type.
func TestTheFirstCommandsFitTheAPI(t *testing.T) {
	text, err := fs.ReadFile(embedded, "assets/index.html")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?s)kubectl create -f - &lt;&lt;&lt; '([^']*)'`).FindAllStringSubmatch(string(text), -1)
	if len(commands) != 2 {
		t.Fatalf("%d commands", len(commands))
	}
	var server v1alpha1.TcpServer
	var client v1alpha1.TcpClient
	for i, into := range []any{&server, &client} {
		if err := yaml.UnmarshalStrict([]byte(html.UnescapeString(commands[i][1])), into); err != nil {
			t.Errorf("command %d: %v", i, err)
		}
	}
	if server.Kind != v1alpha1.ServerKind.Kind || client.Kind != v1alpha1.ClientKind.Kind || client.Spec.ServerRef.Name != server.Name {
		t.Errorf("they make a %s %s and a %s of %s", server.Kind, server.Name, client.Kind, client.Spec.ServerRef.Name)
	}
}
