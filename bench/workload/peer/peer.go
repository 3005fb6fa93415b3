// Package peer holds the servers that the workload is paired with. All speak
// its protocol: lines, of which each is answered by one line after the delay.
// They do no more than that: they count, log and limit nothing.
package peer

import (
	_ "embed"
	"flag"
	"fmt"
	"time"
)

// What is said on the wire, as long as what the workload says by default.
var (
	reply   = []byte("response from the server 2006-01-02 15:04:05\n")
	newline = []byte{'\n'}
)

// Twisted is the source of the Twisted servers. It takes the same flags, and
// -sleep for the classic one, which sleeps in its loop.
//
//go:embed twisted_server.py
var Twisted []byte

// Settings are what a server is told on its command line.
type Settings struct {
	Address string
	Delay   time.Duration // between a message and its reply
}

// Serve plays the server called name until it is killed.
func Serve(name string, args []string) error {
	var s Settings
	flags := flag.NewFlagSet("peer "+name, flag.ContinueOnError)
	flags.StringVar(&s.Address, "address", "127.0.0.1:9527", "`host:port` to listen on")
	flags.DurationVar(&s.Delay, "delay", 0, "between a message and its reply")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch name {
	case "stdnet":
		return serveStdnet(s)
	case "gnet":
		return serveGnet(s)
	}
	return fmt.Errorf("peer %q is not known: write stdnet or gnet", name)
}
