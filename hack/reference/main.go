// Command reference writes docs/api.md: every field of both kinds, from the
// CRDs that are generated from the Go types. It runs in the top folder.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run() error {
	text, err := reference(".")
	if err != nil {
		return err
	}
	return os.WriteFile("docs/api.md", []byte(text), 0o644)
}

// reference reads the CRDs below the top folder.
func reference(top string) (string, error) {
	var crds []apiextensionsv1.CustomResourceDefinition
	for _, name := range []string{"tcpservers", "tcpclients"} {
		text, err := os.ReadFile(filepath.Join(top, "config", "crd", "bases", "tcp-operator.io_"+name+".yaml"))
		if err != nil {
			return "", err
		}
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(text, &crd); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		crds = append(crds, crd)
	}
	return page(crds), nil
}
