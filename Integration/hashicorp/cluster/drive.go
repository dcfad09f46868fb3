package main

import (
	"encoding/json"
	"fmt"
	"io/ioutil"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const size = 3

// How long something may take that has to happen; nothing waits that long if all is well.
const patience = 60 * time.Second

type cluster struct {
	backend   string
	directory string
	peers     []string
	controls  []string
	processes [size]*exec.Cmd
	client    http.Client
	// What was seen of nodes that are dead by now.
	seen report
}

// Removes what is left behind.
var atExit = func() {}

func start(backend string) *cluster {
	directory, err := ioutil.TempDir("", "raft-cluster")
	if err != nil {
		fail("%v", err)
	}
	c := &cluster{backend: backend, directory: directory}
	c.client.Timeout = 5 * time.Second
	c.peers, c.controls = freeAddresses(size), freeAddresses(size)
	atExit = func() {
		for id := range c.processes {
			c.kill(id)
		}
		os.RemoveAll(directory)
	}
	for id := range c.processes {
		c.start(id)
	}
	return c
}

func freeAddresses(count int) []string {
	var addresses []string
	for i := 0; i < count; i++ {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fail("%v", err)
		}
		defer listener.Close()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses
}

func (c *cluster) start(id int) {
	backend := c.backend
	if backend == "mixed" {
		backend = []string{"segment", "lmdb"}[id%2]
	}
	process := exec.Command(os.Args[0], "node", "-id", fmt.Sprint(id), "-backend", backend,
		"-dir", filepath.Join(c.directory, fmt.Sprint(id)), "-peers", strings.Join(c.peers, ","),
		"-control", c.controls[id])
	log, err := os.OpenFile(filepath.Join(c.directory, fmt.Sprintf("%d.log", id)),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		fail("%v", err)
	}
	defer log.Close()
	process.Stderr = log
	// They die with the driver, however it dies.
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := process.Start(); err != nil {
		fail("%v", err)
	}
	c.processes[id] = process
}

// Kills without a warning; what the process had not handed to the system is gone.
func (c *cluster) kill(id int) {
	if c.processes[id] == nil {
		return
	}
	if said, err := c.ask(id, ""); err == nil {
		c.note(said)
	}
	c.processes[id].Process.Kill()
	c.processes[id].Wait()
	c.processes[id] = nil
}

func (c *cluster) note(said report) {
	c.seen.Conflicts += said.Conflicts
	c.seen.Gaps += said.Gaps
	c.seen.Restores += said.Restores
}

func (c *cluster) ask(id int, query string) (said report, err error) {
	response, err := c.client.Get("http://" + c.controls[id] + "/state" + query)
	if err != nil {
		return said, err
	}
	defer response.Body.Close()
	return said, json.NewDecoder(response.Body).Decode(&said)
}

// Waits for something that has to happen.
func (c *cluster) await(what string, condition func() bool) {
	for begin := time.Now(); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > patience {
			for id := range c.processes {
				said, err := c.ask(id, "")
				fmt.Fprintf(os.Stderr, "node %d: %+v %v\n", id, said, err)
				log, _ := ioutil.ReadFile(filepath.Join(c.directory, fmt.Sprintf("%d.log", id)))
				if len(log) > 2000 {
					log = log[len(log)-2000:]
				}
				os.Stderr.Write(log)
			}
			fail("%s did not happen in %v", what, patience)
		}
	}
}

func (c *cluster) leader() int {
	leader := -1
	c.await("an election", func() bool {
		var term uint64
		for id, process := range c.processes {
			if process == nil {
				continue
			}
			if said, err := c.ask(id, ""); err == nil && said.IsLeader && said.Term > term {
				leader, term = id, said.Term
			}
		}
		return leader >= 0
	})
	return leader
}

// Proposes numbers, each once, until it is told to stop; keeps those that were acknowledged.
type writers struct {
	c            *cluster
	next         uint64
	stop, paused int32
	all          sync.WaitGroup
	mutex        sync.Mutex
	acknowledged []uint64
}

func (c *cluster) write(clients int) *writers {
	w := &writers{c: c}
	for i := 0; i < clients; i++ {
		w.all.Add(1)
		go func(target int) {
			defer w.all.Done()
			for atomic.LoadInt32(&w.stop) == 0 {
				if atomic.LoadInt32(&w.paused) != 0 {
					time.Sleep(time.Millisecond)
					continue
				}
				number := atomic.AddUint64(&w.next, 1)
				if !w.apply(target, number) {
					target = (target + 1) % size
				}
			}
		}(i % size)
	}
	return w
}

func (w *writers) apply(target int, number uint64) bool {
	response, err := w.c.client.Post(
		fmt.Sprintf("http://%s/apply?number=%d", w.c.controls[target], number), "", nil)
	if err != nil {
		time.Sleep(5 * time.Millisecond)
		return false
	}
	defer response.Body.Close()
	ioutil.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return false
	}
	w.mutex.Lock()
	w.acknowledged = append(w.acknowledged, number)
	w.mutex.Unlock()
	return true
}

func (w *writers) count() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return len(w.acknowledged)
}

// Waits until so many more are acknowledged.
func (w *writers) progress(count int) {
	target := w.count() + count
	w.c.await("progress", func() bool { return w.count() >= target })
}

func drive(backend string, rounds int) {
	c := start(backend)
	defer func() { atExit() }()
	c.leader()
	w := c.write(16)
	w.progress(100)

	for round := 0; round < rounds; round++ {
		victim := c.leader()
		if round%2 == 1 {
			victim = (victim + 1 + round/2%2) % size
		}
		c.kill(victim)
		w.progress(50)
		c.start(victim)
		w.progress(50)
	}
	fmt.Printf("%d kill rounds, %d values acknowledged\n", rounds, w.count())

	c.forceSnapshotInstall(w)
	c.forceConflict(w)

	atomic.StoreInt32(&w.stop, 1)
	w.all.Wait()
	for id := range c.processes {
		c.kill(id)
	}
	for id := range c.processes {
		c.start(id)
	}
	c.leader()
	c.check(w)
}

// A follower that was away for longer than the leader keeps entries gets a snapshot.
func (c *cluster) forceSnapshotInstall(w *writers) {
	leader := c.leader()
	away := (leader + 1) % size
	before, err := c.ask(away, "")
	for err != nil {
		before, err = c.ask(away, "")
	}
	c.kill(away)
	c.await("compaction", func() bool {
		said, err := c.ask(c.leader(), "")
		return err == nil && said.First > before.Last+200
	})
	c.start(away)
	c.await("an installed snapshot, and the log going on behind it", func() bool {
		said, err := c.ask(away, "")
		return err == nil && said.Restores > 0 && said.First > before.Last && said.Last > said.First
	})
	fmt.Println("a follower that was away installed a snapshot, and its log was reset")
}

// A leader whose followers are dead appends what nobody else has; the next leader has it taken back.
func (c *cluster) forceConflict(w *writers) {
	leader := c.leader()
	for !c.isolate(w, leader) {
		// It was not the leader any more, or ceased to be before it had appended anything.
		c.restart(leader)
		w.progress(1)
		leader = c.leader()
	}
	c.kill(leader)
	c.restart(leader)
	w.progress(20)
	// So few new entries that it is sent those, and not a snapshot.
	atomic.StoreInt32(&w.paused, 1)
	c.start(leader)
	c.await("a truncation", func() bool {
		said, err := c.ask(leader, "")
		return err == nil && said.Conflicts > 0
	})
	atomic.StoreInt32(&w.paused, 0)
	w.progress(20)
	fmt.Println("a leader that nobody heard had its entries truncated")
}

// Kills all others; whether the leader, before it stepped down, appended what it could not commit.
func (c *cluster) isolate(w *writers, leader int) bool {
	for id := range c.processes {
		if id != leader {
			c.kill(id)
		}
	}
	before, err := c.ask(leader, "")
	if err != nil {
		return false
	}
	for i := 0; i < 16; i++ {
		w.all.Add(1)
		go func() {
			defer w.all.Done()
			w.apply(leader, atomic.AddUint64(&w.next, 1))
		}()
	}
	var said report
	c.await("the end of a leadership", func() bool {
		var err error
		said, err = c.ask(leader, "")
		return err == nil && !said.IsLeader
	})
	return said.Last > before.Last
}

// Starts all others again.
func (c *cluster) restart(leader int) {
	for id := range c.processes {
		if id != leader {
			c.start(id)
		}
	}
}

// Every node has applied every acknowledged value, none twice, all in the same order.
func (c *cluster) check(w *writers) {
	var said [size]report
	c.await("agreement", func() bool {
		for id := range said {
			var err error
			if said[id], err = c.ask(id, "?contents=1"); err != nil {
				return false
			}
		}
		for id := range said {
			if said[id].Applied != said[0].Applied || said[id].Last != said[id].Applied ||
				said[id].Contents.Digest != said[0].Contents.Digest {
				return false
			}
		}
		return said[0].Applied > 0
	})
	for id, s := range said {
		for _, number := range w.acknowledged {
			if s.Contents.Times[number] == 0 {
				fail("node %d lost the value %d, which was acknowledged", id, number)
			}
		}
		for number, times := range s.Contents.Times {
			if times != 1 {
				fail("node %d applied the value %d %d times", id, number, times)
			}
		}
		if s.First+2000 < s.Applied {
			fail("node %d keeps entries from %d on, and has applied %d", id, s.First, s.Applied)
		}
		c.note(s)
	}
	fmt.Printf("all killed and started again: %d acknowledged values on each of %d nodes (%s), "+
		"each applied once, equal digests; %d truncations, %d snapshots installed, %d gaps reset\n",
		len(w.acknowledged), size, c.backend, c.seen.Conflicts, c.seen.Restores, c.seen.Gaps)
}

func load(backend string, clients int, length time.Duration) {
	c := start(backend)
	defer func() { atExit() }()
	leader := c.leader()
	c.client.Timeout = length + patience
	response, err := c.client.Get(fmt.Sprintf(
		"http://%s/load?clients=%d&time=%v", c.controls[leader], clients, length))
	if err != nil {
		fail("%v", err)
	}
	defer response.Body.Close()
	rate, _ := ioutil.ReadAll(response.Body)
	fmt.Printf("%-8s %3d clients: %s proposals/s\n", backend, clients, rate)
}
