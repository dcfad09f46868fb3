// Package benchmark runs the same work through hashicorp/raft's interfaces over RaftWAL and BoltDB.
//
// Both are durable when a call returns. What is named like a benchmark of hashicorp's raftbench is that.
package benchmark

import (
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb"
	raftbench "github.com/hashicorp/raft/bench"
	"raftwal"
)

type store interface {
	raft.LogStore
	raft.StableStore
	Close() error
}

var contestants = []struct {
	name string
	open func(directory string) (store, error)
}{
	{"segment", func(directory string) (store, error) {
		return raftwal.Open(filepath.Join(directory, "log"), raftwal.Options{})
	}},
	{"lmdb", func(directory string) (store, error) {
		return raftwal.Open(filepath.Join(directory, "log"), raftwal.Options{LMDB: true})
	}},
	{"boltdb", func(directory string) (store, error) {
		return raftboltdb.NewBoltStore(filepath.Join(directory, "log.bolt"))
	}},
}

func each(b *testing.B, body func(b *testing.B, s store)) {
	for _, contestant := range contestants {
		b.Run(contestant.name, func(b *testing.B) {
			directory, err := ioutil.TempDir("", "benchmark")
			if err != nil {
				b.Fatal(err)
			}
			defer os.RemoveAll(directory)
			s, err := contestant.open(directory)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			body(b, s)
		})
	}
}

// Entries of 128 bytes.
func entries(first uint64, count int) []*raft.Log {
	logs := make([]*raft.Log, count)
	for i := range logs {
		logs[i] = &raft.Log{Index: first + uint64(i), Term: 1, Data: make([]byte, 128)}
	}
	return logs
}

func BenchmarkDurable(b *testing.B) {
	for _, count := range []int{1, 10, 64} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			each(b, func(b *testing.B, s store) {
				logs, next := entries(1, count), uint64(1)
				b.ResetTimer()
				for n := 0; n < b.N; n++ {
					for _, log := range logs {
						log.Index = next
						next++
					}
					if err := s.StoreLogs(logs); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func filled(b *testing.B, s store, count int) {
	for first := 1; first <= count; first += 1000 {
		if err := s.StoreLogs(entries(uint64(first), 1000)); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
}

// A follower that is behind is sent entries one after the other.
func BenchmarkCatchUp(b *testing.B) {
	each(b, func(b *testing.B, s store) {
		filled(b, s, 50000)
		var log raft.Log
		for n := 0; n < b.N; n++ {
			if err := s.GetLog(uint64(n%50000+1), &log); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A snapshot lets go of 1,000 entries.
func BenchmarkCompact1000(b *testing.B) {
	each(b, func(b *testing.B, s store) {
		next := uint64(1)
		for n := 0; n < b.N; n++ {
			b.StopTimer()
			if err := s.StoreLogs(entries(next, 2000)); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if err := s.DeleteRange(next, next+999); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := s.DeleteRange(next+1000, next+1999); err != nil {
				b.Fatal(err)
			}
			next += 2000
			b.StartTimer()
		}
	})
}

func BenchmarkFirstIndex(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.FirstIndex(b, s) })
}

func BenchmarkLastIndex(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.LastIndex(b, s) })
}

func BenchmarkGetLog(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.GetLog(b, s) })
}

func BenchmarkStoreLog(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.StoreLog(b, s) })
}

func BenchmarkStoreLogs(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.StoreLogs(b, s) })
}

func BenchmarkSet(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.Set(b, s) })
}

func BenchmarkGet(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.Get(b, s) })
}

func BenchmarkSetUint64(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.SetUint64(b, s) })
}

func BenchmarkGetUint64(b *testing.B) {
	each(b, func(b *testing.B, s store) { raftbench.GetUint64(b, s) })
}
