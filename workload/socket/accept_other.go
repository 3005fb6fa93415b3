//go:build !linux

package socket

type gate struct{}

func newGate() gate { return gate{} }
