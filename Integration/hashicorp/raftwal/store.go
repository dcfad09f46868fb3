// Package raftwal keeps the log and the vote of hashicorp/raft in a RaftWAL store, through its C ABI.
//
// One Store is both the LogStore and the StableStore of a raft.Raft: what raft is told is stored is
// on stable storage when the call returns. It may be used by any number of goroutines.
package raftwal

/*
#cgo LDFLAGS: -lraft_wal
#include <stdlib.h>

#include <raft_wal.h>

// The structures of a batch point to the entries, which are Go's: made here, they break no rule.
static raft_wal_code replace_all(raft_wal *wal, const void *entries, size_t byte_count,
    raft_wal_error *error)
{
    raft_wal_batch batch = { .struct_size = sizeof batch };
    batch.flags = RAFT_WAL_BATCH_RESET_TO_NOTHING;
    batch.entries = entries;
    batch.entries_byte_count = byte_count;
    return raft_wal_write(wal, &batch, error);
}
*/
import "C"

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unicode/utf8"
	"unsafe"

	"github.com/hashicorp/raft"
)

// ErrKeyNotFound is what Get returns for a key that was never set; raft compares its text.
var ErrKeyNotFound = errors.New("not found")

// Error is a failure of the store, with the code that raft_wal.h gives it.
type Error struct {
	Code    int
	Message string
}

func (e *Error) Error() string { return e.Message }

// Options say how a store is opened; the zero value is the default.
type Options struct {
	// LMDB takes that backend instead of segment files.
	LMDB bool
	// Verify reads and checks every byte first.
	Verify bool
	// SegmentSize is the largest segment in bytes; 0 for the library's choice.
	SegmentSize uint64
	// CacheSize is the memory for recent entries in bytes; 0 for the library's choice.
	CacheSize uint64
}

// Store is a LogStore and a StableStore.
type Store struct {
	wal *C.raft_wal
	// Orders writes; what is written is durable only after a sync, which is not under it.
	writing sync.Mutex
	entries []byte
	// Memory that C writes to.
	lending sync.Mutex
	idle    []*loan
}

// What one call lends to C.
type loan struct {
	err   C.raft_wal_error
	state C.raft_wal_state
	bytes C.raft_wal_buffer
	found C.uint32_t
	term  C.uint64_t
}

// Open opens the store in a directory, and creates it if there is none.
func Open(path string, options Options) (*Store, error) {
	var o C.raft_wal_options
	o.struct_size = C.uint32_t(unsafe.Sizeof(o))
	if options.LMDB {
		o.backend = C.RAFT_WAL_LMDB
	}
	if options.Verify {
		o.flags = C.RAFT_WAL_OPEN_VERIFY
	}
	o.maximum_segment_byte_count = C.uint64_t(options.SegmentSize)
	o.cache_byte_count = C.uint64_t(options.CacheSize)
	cPath := C.CString(path)
	defer C.free(unsafe.Pointer(cPath))
	s, l := &Store{}, &loan{}
	code := C.raft_wal_open(cPath, &o, &s.wal, &l.err)
	if err := l.failure(code); err != nil {
		return nil, err
	}
	// The handle outlives Close, so that calls that come too late are told so.
	runtime.SetFinalizer(s, func(s *Store) {
		for _, l := range s.idle {
			C.raft_wal_buffer_free(&l.bytes)
		}
		C.raft_wal_free(s.wal)
	})
	return s, nil
}

// Close gives the directory up. Every later call fails.
func (s *Store) Close() error {
	return s.call(func(l *loan) C.raft_wal_code { return C.raft_wal_close(s.wal, &l.err) })
}

// FirstIndex returns the first index in the log, 0 if it is empty.
func (s *Store) FirstIndex() (uint64, error) {
	first, _, err := s.bounds()
	return first, err
}

// LastIndex returns the last index in the log, 0 if it is empty.
func (s *Store) LastIndex() (uint64, error) {
	_, last, err := s.bounds()
	return last, err
}

func (s *Store) bounds() (first, last uint64, err error) {
	err = s.call(func(l *loan) C.raft_wal_code {
		code := C.raft_wal_get_state(s.wal, &l.state, &l.err)
		if code == C.RAFT_WAL_OK && l.state.parts&C.RAFT_WAL_HAS_ENTRIES != 0 {
			first, last = uint64(l.state.first), uint64(l.state.last.index)
		}
		return code
	})
	return first, last, err
}

// GetLog reads an entry; one that is not there, or not any more, is raft.ErrLogNotFound.
func (s *Store) GetLog(index uint64, log *raft.Log) error {
	missing, damaged := false, false
	err := s.call(func(l *loan) C.raft_wal_code {
		code := C.raft_wal_get(s.wal, C.uint64_t(index), &l.bytes, &l.err)
		switch code {
		case C.RAFT_WAL_OK:
			damaged = !decode(C.GoBytes(unsafe.Pointer(l.bytes.bytes), C.int(l.bytes.byte_count)), log)
		case C.RAFT_WAL_COMPACTED, C.RAFT_WAL_UNAVAILABLE:
			missing = true
		}
		return code
	})
	if missing {
		return raft.ErrLogNotFound
	}
	if err == nil && damaged {
		return fmt.Errorf("the entry %d was not written by this package", index)
	}
	return err
}

// StoreLog stores an entry; it is durable when the call returns.
func (s *Store) StoreLog(log *raft.Log) error { return s.StoreLogs([]*raft.Log{log}) }

// StoreLogs stores entries as one unit; they are durable when the call returns.
//
// After a snapshot was installed raft may go on behind a gap: then the entries before it, which the
// snapshot holds, are dropped, as a log has no holes.
func (s *Store) StoreLogs(logs []*raft.Log) error {
	if len(logs) == 0 {
		return nil
	}
	if err := s.append(logs); err != nil {
		return err
	}
	return s.sync()
}

func (s *Store) append(logs []*raft.Log) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.entries = s.entries[:0]
	for _, log := range logs {
		s.entries = encode(s.entries, log)
	}
	if cap(s.entries) > 1<<20 {
		defer func() { s.entries = nil }()
	}
	return s.call(func(l *loan) C.raft_wal_code {
		entries, size := unsafe.Pointer(&s.entries[0]), C.size_t(len(s.entries))
		code := C.raft_wal_append(s.wal, entries, size, &l.err)
		if code == C.RAFT_WAL_NOT_CONTIGUOUS && uint64(l.err.index) == logs[0].Index &&
			l.err.found > l.err.expected {
			return C.replace_all(s.wal, entries, size, &l.err)
		}
		return code
	})
}

// DeleteRange deletes entries, max included: from the front, from the end, or all of them.
func (s *Store) DeleteRange(min, max uint64) error {
	deleted, err := s.delete(min, max)
	if err != nil || !deleted {
		return err
	}
	return s.sync()
}

func (s *Store) delete(min, max uint64) (bool, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	first, last, err := s.bounds()
	if err != nil || last == 0 || max < min || max < first || min > last {
		return false, err
	}
	if min > first && max < last {
		return false, &Error{
			Code:    C.RAFT_WAL_INVALID_RANGE,
			Message: fmt.Sprintf("deleting %d to %d would leave a hole in %d to %d", min, max, first, last),
		}
	}
	return true, s.call(func(l *loan) C.raft_wal_code {
		switch {
		case min <= first && max >= last:
			// Afterwards raft may go on anywhere.
			return C.raft_wal_reset(s.wal, nil, &l.err)
		case min <= first:
			code := C.raft_wal_get_term(s.wal, C.uint64_t(max), &l.term, &l.err)
			if code != C.RAFT_WAL_OK {
				return code
			}
			through := C.raft_wal_position{index: C.uint64_t(max), term: l.term}
			return C.raft_wal_compact(s.wal, through, &l.err)
		default:
			return C.raft_wal_truncate(s.wal, C.uint64_t(min), &l.err)
		}
	})
}

func (s *Store) sync() error {
	return s.call(func(l *loan) C.raft_wal_code { return C.raft_wal_sync(s.wal, &l.err) })
}

// Set sets a value; it is durable when the call returns.
func (s *Store) Set(key []byte, val []byte) error {
	key = name(key)
	return s.call(func(l *loan) C.raft_wal_code {
		return C.raft_wal_set_metadata(s.wal, (*C.char)(start(key)), C.size_t(len(key)),
			start(val), C.size_t(len(val)), &l.err)
	})
}

// Get reads a value; ErrKeyNotFound if there is none.
func (s *Store) Get(key []byte) (value []byte, err error) {
	found := false
	key = name(key)
	err = s.call(func(l *loan) C.raft_wal_code {
		code := C.raft_wal_get_metadata(s.wal, (*C.char)(start(key)), C.size_t(len(key)),
			&l.bytes, &l.found, &l.err)
		if code == C.RAFT_WAL_OK && l.found != 0 {
			found = true
			value = C.GoBytes(unsafe.Pointer(l.bytes.bytes), C.int(l.bytes.byte_count))
		}
		return code
	})
	if err == nil && !found {
		err = ErrKeyNotFound
	}
	return value, err
}

// SetUint64 sets a number; it is durable when the call returns.
func (s *Store) SetUint64(key []byte, val uint64) error {
	var bytes [8]byte
	binary.BigEndian.PutUint64(bytes[:], val)
	return s.Set(key, bytes[:])
}

// GetUint64 reads a number; 0 if there is none.
func (s *Store) GetUint64(key []byte) (uint64, error) {
	value, err := s.Get(key)
	if err == ErrKeyNotFound {
		return 0, nil
	}
	if err == nil && len(value) != 8 {
		err = fmt.Errorf("the value of %q is not a number", key)
	}
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(value), nil
}

// Lends memory to a call of C and says what became of it.
func (s *Store) call(body func(*loan) C.raft_wal_code) error {
	var l *loan
	s.lending.Lock()
	if n := len(s.idle); n > 0 {
		l, s.idle = s.idle[n-1], s.idle[:n-1]
	}
	s.lending.Unlock()
	if l == nil {
		l = &loan{}
	}
	err := l.failure(body(l))
	s.lending.Lock()
	s.idle = append(s.idle, l)
	s.lending.Unlock()
	runtime.KeepAlive(s)
	return err
}

func (l *loan) failure(code C.raft_wal_code) error {
	if code == C.RAFT_WAL_OK {
		return nil
	}
	return &Error{Code: int(code), Message: C.GoString(&l.err.message[0])}
}

// The library's keys are text: what is none is written as hexadecimal digits, behind what no other
// name starts with.
func name(key []byte) []byte {
	if len(key) > 0 && key[0] != 0 && utf8.Valid(key) {
		return key
	}
	return []byte("\x00" + hex.EncodeToString(key))
}

func start(bytes []byte) unsafe.Pointer {
	if len(bytes) == 0 {
		return nil
	}
	return unsafe.Pointer(&bytes[0])
}

// The kind of an entry is raft's type, with this bit if the payload starts with the length of the
// extensions, as a uvarint, and the extensions.
const hasExtensions = 0x80

const headerSize = 22

func encode(to []byte, log *raft.Log) []byte {
	var header [headerSize]byte
	kind, begin := uint16(log.Type), len(to)
	to = append(to, header[:]...)
	if len(log.Extensions) > 0 {
		kind |= hasExtensions
		var length [binary.MaxVarintLen64]byte
		to = append(to, length[:binary.PutUvarint(length[:], uint64(len(log.Extensions)))]...)
		to = append(to, log.Extensions...)
	}
	to = append(to, log.Data...)
	binary.LittleEndian.PutUint64(to[begin:], log.Index)
	binary.LittleEndian.PutUint64(to[begin+8:], log.Term)
	binary.LittleEndian.PutUint16(to[begin+16:], kind)
	binary.LittleEndian.PutUint32(to[begin+18:], uint32(len(to)-begin-headerSize))
	return to
}

// The bytes become the log's.
func decode(entry []byte, log *raft.Log) bool {
	if len(entry) < headerSize {
		return false
	}
	kind := binary.LittleEndian.Uint16(entry[16:])
	*log = raft.Log{
		Index: binary.LittleEndian.Uint64(entry),
		Term:  binary.LittleEndian.Uint64(entry[8:]),
		Type:  raft.LogType(kind &^ hasExtensions),
	}
	payload := entry[headerSize:]
	if kind&hasExtensions != 0 {
		length, n := binary.Uvarint(payload)
		if n <= 0 || length > uint64(len(payload)-n) {
			return false
		}
		end := n + int(length)
		log.Extensions = payload[n:end:end]
		payload = payload[end:]
	}
	if len(payload) > 0 {
		log.Data = payload
	}
	return true
}
