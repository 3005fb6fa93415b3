//go:build bundle

// Coredns is CoreDNS with the few plugins that cluster DNS needs. The full
// program brings cloud providers and tracing, which take longer to compile
// than the rest of it.
package main

import (
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/template"
)

func main() { coremain.Run() }
