package main

import (
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"io"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// Machine is a replicated set of numbers that knows how often each was applied, and in which order.
type Machine struct {
	mutex    sync.Mutex
	times    map[uint64]int
	digest   uint64
	restores int64
}

// Apply adds a number.
func (m *Machine) Apply(log *raft.Log) interface{} {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	number := binary.LittleEndian.Uint64(log.Data)
	m.times[number]++
	hash := fnv.New64a()
	var bytes [16]byte
	binary.LittleEndian.PutUint64(bytes[:], m.digest)
	binary.LittleEndian.PutUint64(bytes[8:], number)
	hash.Write(bytes[:])
	m.digest = hash.Sum64()
	return nil
}

type contents struct {
	Times  map[uint64]int
	Digest uint64
}

func (m *Machine) contents() contents {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	copied := contents{make(map[uint64]int, len(m.times)), m.digest}
	for number, times := range m.times {
		copied.Times[number] = times
	}
	return copied
}

// Snapshot copies the numbers.
func (m *Machine) Snapshot() (raft.FSMSnapshot, error) { return m.contents(), nil }

// Restore replaces the numbers.
func (m *Machine) Restore(from io.ReadCloser) error {
	defer from.Close()
	var c contents
	if err := json.NewDecoder(from).Decode(&c); err != nil {
		return err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.times, m.digest = c.Times, c.Digest
	atomic.AddInt64(&m.restores, 1)
	return nil
}

// Persist writes the numbers to a snapshot.
func (c contents) Persist(sink raft.SnapshotSink) error {
	if err := json.NewEncoder(sink).Encode(c); err != nil {
		sink.Cancel()
		return err
	}
	return sink.Close()
}

// Release has nothing to do.
func (c contents) Release() {}
