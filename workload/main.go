// Workload is the program in the pods of a TcpServer or a TcpClient. It is
// also a plain command-line program: `workload server` in one terminal and
// `workload client --address 127.0.0.1:9527` in another are the classic pair.
package main

import (
	"os"
	"os/signal"
	"syscall"

	"tcp-operator.io/workload/cli"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	os.Exit(cli.Main(cli.Env{
		Args:    os.Args[1:],
		Getenv:  os.Getenv,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Signals: signals,
	}))
}
