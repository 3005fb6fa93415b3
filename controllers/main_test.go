package controllers

import (
	"os"
	"testing"

	"tcp-operator.io/test/apiserver"
)

var server apiserver.Server

func TestMain(m *testing.M) {
	os.Exit(apiserver.Run(m, func(s apiserver.Server) { server = s }))
}
