// Three processes of hashicorp/raft whose logs and votes are in RaftWAL stores, killed again and again.
//
//	cluster drive [-rounds 20] [-backend segment|lmdb|mixed]
//	cluster load  [-seconds 3] [-backend segment|lmdb|mixed|bolt]
//	cluster node  ...    what the other two start
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fail("say drive, load or node")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	backend := flags.String("backend", "segment", "segment, lmdb, mixed or bolt")
	rounds := flags.Int("rounds", 20, "how often a node is killed")
	seconds := flags.Int("seconds", 3, "how long proposals are counted")
	clients := flags.Int("clients", 64, "proposals under way at a time")
	id := flags.Int("id", 0, "the node")
	directory := flags.String("dir", "", "where the node keeps its files")
	peers := flags.String("peers", "", "addresses of all nodes' transports")
	control := flags.String("control", "", "the address that the node is asked at")
	flags.Parse(os.Args[2:])
	switch os.Args[1] {
	case "drive":
		drive(*backend, *rounds)
	case "load":
		load(*backend, *clients, time.Duration(*seconds)*time.Second)
	case "node":
		serve(*id, *directory, *backend, *peers, *control)
	default:
		fail("say drive, load or node")
	}
}

func fail(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, "cluster: "+format+"\n", values...)
	atExit()
	os.Exit(1)
}
