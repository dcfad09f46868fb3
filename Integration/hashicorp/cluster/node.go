package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb"
	"raftwal"
)

// Store is what a node keeps: the log and the vote.
type Store interface {
	raft.LogStore
	raft.StableStore
}

// Watched counts what the driver wants to have seen.
type Watched struct {
	Store
	conflicts, gaps int64
}

// DeleteRange counts the conflicts: entries that are taken from the end.
func (w *Watched) DeleteRange(min, max uint64) error {
	first, err := w.FirstIndex()
	if err != nil {
		return err
	}
	last, err := w.LastIndex()
	if err != nil {
		return err
	}
	if min > first && max >= last {
		atomic.AddInt64(&w.conflicts, 1)
	}
	return w.Store.DeleteRange(min, max)
}

// StoreLogs counts the gaps that an installed snapshot leaves.
func (w *Watched) StoreLogs(logs []*raft.Log) error {
	last, err := w.LastIndex()
	if err == nil && last > 0 && len(logs) > 0 && logs[0].Index > last+1 {
		atomic.AddInt64(&w.gaps, 1)
	}
	return w.Store.StoreLogs(logs)
}

// StoreLog is a batch of one.
func (w *Watched) StoreLog(log *raft.Log) error { return w.StoreLogs([]*raft.Log{log}) }

func openStore(backend, directory string) (Store, error) {
	switch backend {
	case "bolt":
		return raftboltdb.NewBoltStore(filepath.Join(directory, "log.bolt"))
	case "segment", "lmdb":
		return raftwal.Open(filepath.Join(directory, "log"), raftwal.Options{LMDB: backend == "lmdb"})
	}
	return nil, fmt.Errorf("there is no backend %q", backend)
}

// What a node says of itself.
type report struct {
	IsLeader          bool
	Term, First, Last uint64
	Applied           uint64
	Contents          contents
	Conflicts, Gaps   int64
	Restores          int64
}

func serve(id int, directory, backend, peers, control string) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		fail("%v", err)
	}
	opened, err := openStore(backend, directory)
	if err != nil {
		fail("node %d: %v", id, err)
	}
	store := &Watched{Store: opened}
	machine := &Machine{times: map[uint64]int{}}
	snapshots, err := raft.NewFileSnapshotStore(directory, 2, os.Stderr)
	if err != nil {
		fail("node %d: %v", id, err)
	}
	addresses := strings.Split(peers, ",")
	transport, err := raft.NewTCPTransport(addresses[id], nil, 3, 2*time.Second, os.Stderr)
	if err != nil {
		fail("node %d: %v", id, err)
	}
	conf := raft.DefaultConfig()
	conf.LocalID = raft.ServerID(strconv.Itoa(id))
	conf.HeartbeatTimeout, conf.ElectionTimeout = 300*time.Millisecond, 300*time.Millisecond
	conf.LeaderLeaseTimeout, conf.CommitTimeout = 250*time.Millisecond, 5*time.Millisecond
	conf.SnapshotInterval, conf.SnapshotThreshold = 300*time.Millisecond, 500
	conf.TrailingLogs = 100
	conf.Logger = hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Error})
	if started, err := raft.HasExistingState(store, store, snapshots); err != nil {
		fail("node %d: %v", id, err)
	} else if !started {
		var servers raft.Configuration
		for i, address := range addresses {
			servers.Servers = append(servers.Servers, raft.Server{
				ID: raft.ServerID(strconv.Itoa(i)), Address: raft.ServerAddress(address),
			})
		}
		if err := raft.BootstrapCluster(conf, store, store, snapshots, transport, servers); err != nil {
			fail("node %d: %v", id, err)
		}
	}
	node, err := raft.NewRaft(conf, machine, store, store, snapshots, transport)
	if err != nil {
		fail("node %d: %v", id, err)
	}
	atStart := atomic.LoadInt64(&machine.restores)

	http.HandleFunc("/apply", func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.ParseUint(r.FormValue("number"), 10, 64)
		if err := apply(node, number); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/state", func(w http.ResponseWriter, r *http.Request) {
		var said report
		said.IsLeader = node.State() == raft.Leader
		said.Term, _ = strconv.ParseUint(node.Stats()["term"], 10, 64)
		said.First, _ = store.FirstIndex()
		said.Last, _ = store.LastIndex()
		said.Applied = node.AppliedIndex()
		said.Conflicts = atomic.LoadInt64(&store.conflicts)
		said.Gaps = atomic.LoadInt64(&store.gaps)
		said.Restores = atomic.LoadInt64(&machine.restores) - atStart
		if r.FormValue("contents") != "" {
			said.Contents = machine.contents()
		}
		json.NewEncoder(w).Encode(said)
	})
	http.HandleFunc("/load", func(w http.ResponseWriter, r *http.Request) {
		clients, _ := strconv.Atoi(r.FormValue("clients"))
		length, _ := time.ParseDuration(r.FormValue("time"))
		fmt.Fprintf(w, "%.0f", propose(node, clients, length))
	})
	fail("node %d: %v", id, http.ListenAndServe(control, nil))
}

func apply(node *raft.Raft, number uint64) error {
	bytes := make([]byte, 128)
	binary.LittleEndian.PutUint64(bytes, number)
	return node.Apply(bytes, 2*time.Second).Error()
}

// How many proposals a second are committed.
func propose(node *raft.Raft, clients int, length time.Duration) float64 {
	var done int64
	var all sync.WaitGroup
	begin := time.Now()
	for c := 0; c < clients; c++ {
		all.Add(1)
		go func(number uint64) {
			defer all.Done()
			for time.Since(begin) < length && apply(node, number) == nil {
				atomic.AddInt64(&done, 1)
			}
		}(uint64(c))
	}
	all.Wait()
	return float64(atomic.LoadInt64(&done)) / time.Since(begin).Seconds()
}
