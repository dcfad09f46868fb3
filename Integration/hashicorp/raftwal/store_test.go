package raftwal

import (
	"bytes"
	"fmt"
	"io/ioutil"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/raft"
)

var (
	_ raft.LogStore    = (*Store)(nil)
	_ raft.StableStore = (*Store)(nil)
)

func directory(t testing.TB) string {
	path, err := ioutil.TempDir("", "raftwal")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	return path
}

func open(t testing.TB, path string) *Store {
	s, err := Open(path, Options{LMDB: os.Getenv("RAFTWAL_BACKEND") == "lmdb"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func entry(index uint64) *raft.Log {
	return &raft.Log{Index: index, Term: 1 + index/10, Data: []byte(fmt.Sprintf("entry %d", index))}
}

func fill(t testing.TB, s *Store, first, last uint64) {
	var logs []*raft.Log
	for i := first; i <= last; i++ {
		logs = append(logs, entry(i))
	}
	if err := s.StoreLogs(logs); err != nil {
		t.Fatal(err)
	}
}

// Also checks that exactly these entries are there, and what they hold.
func expectBounds(t *testing.T, s *Store, first, last uint64) {
	t.Helper()
	f, err1 := s.FirstIndex()
	l, err2 := s.LastIndex()
	if f != first || l != last || err1 != nil || err2 != nil {
		t.Fatalf("expected %d to %d, found %d to %d (%v, %v)", first, last, f, l, err1, err2)
	}
	for i := first; i <= last && i > 0; i++ {
		var log raft.Log
		if err := s.GetLog(i, &log); err != nil || !reflect.DeepEqual(&log, entry(i)) {
			t.Fatalf("entry %d: %v, %v", i, log, err)
		}
	}
	for _, i := range []uint64{first - 1, last + 1} {
		if err := s.GetLog(i, &raft.Log{}); err != raft.ErrLogNotFound {
			t.Fatalf("entry %d: expected exactly ErrLogNotFound, found %v", i, err)
		}
	}
}

func expectInvalid(t *testing.T, err error) {
	t.Helper()
	if _, ok := err.(*Error); !ok {
		t.Fatalf("expected an error of the library, found %v", err)
	}
}

func TestEmptyLogBeginsAndEndsAtZero(t *testing.T) { expectBounds(t, open(t, directory(t)), 0, 0) }

func TestEntriesSurviveReopening(t *testing.T) {
	path := directory(t)
	s := open(t, path)
	logs := []*raft.Log{
		{Index: 1, Term: 1, Type: raft.LogNoop},
		{Index: 2, Term: 1, Type: raft.LogCommand, Data: []byte("data")},
		{Index: 3, Term: 2, Type: raft.LogConfiguration, Data: []byte("d"), Extensions: []byte("ext")},
		{Index: 4, Term: 2, Type: raft.LogBarrier, Extensions: bytes.Repeat([]byte("x"), 300)},
	}
	if err := s.StoreLogs(logs); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	expectInvalid(t, s.StoreLog(entry(5)))
	s = open(t, path)
	for _, expected := range logs {
		log := raft.Log{Data: []byte("old"), Extensions: []byte("old")}
		if err := s.GetLog(expected.Index, &log); err != nil || !reflect.DeepEqual(&log, expected) {
			t.Fatalf("expected %v, found %v, %v", expected, log, err)
		}
	}
}

func TestDeleteRangeIsInclusive(t *testing.T) {
	for _, test := range []struct{ min, max, first, last uint64 }{
		{1, 4, 5, 20}, {0, 1, 2, 20}, {15, 20, 1, 14}, {20, 99, 1, 19}, {1, 20, 0, 0}, {0, 99, 0, 0},
		{21, 30, 1, 20}, {7, 6, 1, 20},
	} {
		path := directory(t)
		s := open(t, path)
		fill(t, s, 1, 20)
		if err := s.DeleteRange(test.min, test.max); err != nil {
			t.Fatal(test, err)
		}
		expectBounds(t, s, test.first, test.last)
		s.Close()
		expectBounds(t, open(t, path), test.first, test.last)
	}
}

func TestHoleIsRefused(t *testing.T) {
	s := open(t, directory(t))
	fill(t, s, 1, 20)
	expectInvalid(t, s.DeleteRange(5, 6))
	expectInvalid(t, s.DeleteRange(5, 5))
	expectInvalid(t, s.StoreLogs([]*raft.Log{entry(21), entry(23)}))
	expectBounds(t, s, 1, 20)
}

func TestOverwritingIsRefused(t *testing.T) {
	s := open(t, directory(t))
	fill(t, s, 1, 20)
	expectInvalid(t, s.StoreLog(entry(20)))
	expectBounds(t, s, 1, 20)
}

func TestConflictIsReplaced(t *testing.T) {
	s := open(t, directory(t))
	fill(t, s, 1, 20)
	if err := s.DeleteRange(11, 20); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 11, 30)
	expectBounds(t, s, 1, 30)
}

func TestGapAfterASnapshotDropsWhatStandsBeforeIt(t *testing.T) {
	path := directory(t)
	s := open(t, path)
	fill(t, s, 1, 20)
	fill(t, s, 50, 60)
	expectBounds(t, s, 50, 60)
	s.Close()
	expectBounds(t, open(t, path), 50, 60)
}

func TestLogGoesOnAnywhereAfterEverythingWasDeleted(t *testing.T) {
	s := open(t, directory(t))
	fill(t, s, 10, 20)
	if err := s.DeleteRange(10, 20); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 3, 5)
	expectBounds(t, s, 3, 5)
}

func TestMissingKeyIsNotFound(t *testing.T) {
	s := open(t, directory(t))
	if _, err := s.Get([]byte("LastVoteCand")); err == nil || err.Error() != "not found" {
		t.Fatal(err)
	}
	if n, err := s.GetUint64([]byte("CurrentTerm")); n != 0 || err != nil {
		t.Fatal(n, err)
	}
}

func TestValuesSurviveReopening(t *testing.T) {
	path := directory(t)
	s := open(t, path)
	values := map[string]string{"LastVoteCand": "n1", "empty": "", "\xFF\x00": "bytes", "\x00ff00": "text", "": "none"}
	for key, value := range values {
		if err := s.Set([]byte(key), []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetUint64([]byte("CurrentTerm"), 1<<63+7); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, path)
	for key, value := range values {
		if found, err := s.Get([]byte(key)); err != nil || string(found) != value {
			t.Fatalf("%q: %q, %v", key, found, err)
		}
	}
	if n, err := s.GetUint64([]byte("CurrentTerm")); n != 1<<63+7 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := s.GetUint64([]byte("LastVoteCand")); err == nil {
		t.Fatal("a name is no number")
	}
}

func TestSecondOpenerIsToldWhy(t *testing.T) {
	path := directory(t)
	open(t, path)
	_, err := Open(path, Options{LMDB: os.Getenv("RAFTWAL_BACKEND") == "lmdb"})
	if err == nil || !strings.HasPrefix(err.Error(), "locked: ") {
		t.Fatal(err)
	}
}

func TestGoroutinesReadWhileOneWrites(t *testing.T) {
	s := open(t, directory(t))
	fill(t, s, 1, 1)
	var readers sync.WaitGroup
	for g := 0; g < 4; g++ {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for {
				last, err := s.LastIndex()
				if err != nil {
					t.Error(err)
				}
				for i := uint64(1); i <= last; i += 1 + last/64 {
					var log raft.Log
					if err := s.GetLog(i, &log); err != nil || !reflect.DeepEqual(&log, entry(i)) {
						t.Error(i, log, err)
						return
					}
				}
				if last == 400 || err != nil {
					return
				}
			}
		}()
	}
	for i := uint64(2); i <= 400; i += 3 {
		fill(t, s, i, i+2)
	}
	readers.Wait()
}
