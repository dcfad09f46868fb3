// A log in Go that survives the loss of power: the C ABI through cgo, and nothing else.
//
// Integration/hashicorp/raftwal is the same for an engine, with every function.
package main

/*
#cgo LDFLAGS: -lraft_wal
#include <stdlib.h>

#include <raft_wal.h>
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"os"
	"unsafe"
)

// Log is a handle; any number of goroutines may use it.
type Log struct{ wal *C.raft_wal }

// Open opens the log in a directory.
func Open(path string) (*Log, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var l Log
	var failure C.raft_wal_error
	if C.raft_wal_open(name, nil, &l.wal, &failure) != C.RAFT_WAL_OK {
		return nil, errors.New(C.GoString(&failure.message[0]))
	}
	return &l, nil
}

// Close makes everything durable and gives the directory up.
func (l *Log) Close() error {
	var failure C.raft_wal_error
	code := C.raft_wal_close(l.wal, &failure)
	C.raft_wal_free(l.wal)
	if code != C.RAFT_WAL_OK {
		return errors.New(C.GoString(&failure.message[0]))
	}
	return nil
}

// Append appends lines as one unit; they are durable when the call returns. One call of C for all of
// them, and one for the disk.
func (l *Log) Append(term uint64, lines ...string) error {
	var failure C.raft_wal_error
	var state C.raft_wal_state
	if C.raft_wal_get_state(l.wal, &state, &failure) != C.RAFT_WAL_OK {
		return errors.New(C.GoString(&failure.message[0]))
	}
	index := uint64(state.next)
	if state.parts&C.RAFT_WAL_HAS_NEXT == 0 {
		index = 1
	}
	var entries []byte
	for i, line := range lines {
		var header [22]byte
		binary.LittleEndian.PutUint64(header[0:], index+uint64(i))
		binary.LittleEndian.PutUint64(header[8:], term)
		binary.LittleEndian.PutUint32(header[18:], uint32(len(line)))
		entries = append(append(entries, header[:]...), line...)
	}
	if len(entries) == 0 {
		return nil
	}
	if C.raft_wal_append(l.wal, unsafe.Pointer(&entries[0]), C.size_t(len(entries)), &failure) != C.RAFT_WAL_OK ||
		C.raft_wal_sync(l.wal, &failure) != C.RAFT_WAL_OK {
		return errors.New(C.GoString(&failure.message[0]))
	}
	return nil
}

// Visit calls body with every entry, a megabyte at a time.
func (l *Log) Visit(body func(index, term uint64, line string)) error {
	var failure C.raft_wal_error
	var state C.raft_wal_state
	var buffer C.raft_wal_buffer
	defer C.raft_wal_buffer_free(&buffer)
	if C.raft_wal_get_state(l.wal, &state, &failure) != C.RAFT_WAL_OK {
		return errors.New(C.GoString(&failure.message[0]))
	}
	for next := state.first; next < state.next; {
		if C.raft_wal_read(l.wal, next, state.next, 1<<20, &buffer, &next, &failure) != C.RAFT_WAL_OK {
			return errors.New(C.GoString(&failure.message[0]))
		}
		bytes := C.GoBytes(unsafe.Pointer(buffer.bytes), C.int(buffer.byte_count))
		for len(bytes) > 0 {
			end := 22 + binary.LittleEndian.Uint32(bytes[18:])
			body(binary.LittleEndian.Uint64(bytes), binary.LittleEndian.Uint64(bytes[8:]), string(bytes[22:end]))
			bytes = bytes[end:]
		}
	}
	return nil
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: journal DIRECTORY [LINE...]")
	}
	journal, err := Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := journal.Append(1, os.Args[2:]...); err != nil {
		log.Fatal(err)
	}
	err = journal.Visit(func(index, term uint64, line string) {
		fmt.Printf("%d (term %d)\t%s\n", index, term, line)
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := journal.Close(); err != nil {
		log.Fatal(err)
	}
}
