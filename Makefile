# Everything a person or a CI machine does here. `make help` lists it.
#
# Each target installs what it needs first; nothing else has to be set up after cloning.

, := ,
SWIFT ?= swift
# Warnings are errors in what is tested; users of the package are not held to that.
STRICT := -Xswiftc -warnings-as-errors
# Everything there is to test: the traits that are off by default, too. The engine's only where
# libraft is: nothing but `make test-engines` and `make cluster` installs it.
HAS_RAFT := $(shell scripts/install-dependencies.sh --check raft && echo yes)
TRAITS := LMDB,Service$(if $(HAS_RAFT),$(,)CRaft)
ALL := --traits $(TRAITS)
ENGINES := --traits LMDB,Service,CRaft
# The same goes for RocksDB, which only `make compare-rocksdb` installs.
HAS_ROCKSDB := $(shell scripts/install-dependencies.sh --check rocksdb && echo yes)
ROCKSDB := --package-path Benchmarks --traits LMDB,RocksDB
# The build without the LMDB trait lives beside the other one, so that neither rebuilds the other.
WITHOUT_LMDB := --disable-default-traits --scratch-path .build-notraits

PROFILE ?= quick
# Where the report of a comparison goes; the last line of its output is the path.
HTML ?= walbench-report.html
MINUTES ?= 30
WALBENCH = "$$($(SWIFT) build -c release --package-path Benchmarks --show-bin-path)/walbench"
SQLITE_WALBENCH = "$$($(SWIFT) build -c release --package-path Examples/SQLiteBackend --show-bin-path)/sqlite-walbench"
OPTIONS = --profile $(PROFILE) \
    $(if $(INPUT),--input "$(INPUT)") $(if $(DIR),--dir "$(DIR)") \
    $(if $(BACKENDS),--backends $(BACKENDS)) $(if $(WORKLOADS),--workloads $(WORKLOADS)) \
    $(if $(JSON),--json "$(JSON)") --html "$(HTML)"

.PHONY: cluster help compare compare-sqlite compare-rocksdb test c-library test-c test-hashicorp bench-hashicorp test-engines conformance stress lint format bench bench-against clean dependencies walbench sqlite-walbench
.DEFAULT_GOAL := help

help:
	@echo "make compare [PROFILE=quick|standard|full] [INPUT=FILE] [DIR=WHERE] [BACKENDS=a,b] [WORKLOADS=id,id] [JSON=OUT] [HTML=OUT]"
	@echo "             runs the rules and the workloads on both backends, side by side, on your disk,"
	@echo "             and ends with the path of the report, $(HTML) unless you say another"
	@echo "make compare-sqlite ..."
	@echo "             the same with the example of a backend on SQLite as a third one"
	@echo "make compare-rocksdb ..."
	@echo "             the same with RocksDB, what teams would otherwise pick, as a third one"
	@echo "make test    builds and tests everything, with the LMDB trait and without"
	@echo "make c-library [LMDB=1]"
	@echo "             raft_wal.h, libraft_wal.so and libraft_wal.a, which need no Swift, in .build-c/raft_wal"
	@echo "make test-c  their tests, and the example in C"
	@echo "make test-hashicorp, make bench-hashicorp"
	@echo "             hashicorp/raft over it: its own tests, a cluster that is killed; and beside BoltDB"
	@echo "make test-engines"
	@echo "             the stores under C-Raft: simulated clusters, and real ones that are killed"
	@echo "make cluster [DIR=WHERE] [BACKENDS='segment lmdb segment']"
	@echo "             three members of a replicated key-value store, and a page to watch them be killed"
	@echo "make conformance [BACKENDS=a,b] [DIR=WHERE]"
	@echo "             the rules on both backends and on the example on SQLite, as a table"
	@echo "make stress [MINUTES=30]"
	@echo "             the long forms: simulated crashes and faults, kills, flips, full disks, fuzzers, sanitizers"
	@echo "make lint    checks formatting, documentation comments and the house rules"
	@echo "make format  rewrites the sources as lint wants them"
	@echo "make bench   the standard profile, written to compare.json"
	@echo "make bench-against REVISION=GIT-REVISION|BINARY=SAVED-WALBENCH [WORKLOADS=id,id] [ROUNDS=9]"
	@echo "             this build and another one, alternately, with the noise; FAIL_BEYOND=5 fails above 5 %"
	@echo "make clean   removes everything that was built"

compare: walbench
	$(WALBENCH) compare $(OPTIONS)

compare-sqlite: sqlite-walbench
	$(SQLITE_WALBENCH) compare $(OPTIONS)

compare-rocksdb: BACKENDS := $(or $(BACKENDS),segment$(,)lmdb$(,)rocksdb)
compare-rocksdb: dependencies
	scripts/install-dependencies.sh rocksdb
	$(SWIFT) build -c release $(ROCKSDB) --product walbench
	$(WALBENCH) compare $(OPTIONS)

bench: walbench
	$(WALBENCH) compare --profile standard --json compare.json \
	    $(if $(DIR),--dir "$(DIR)")

bench-against: walbench
	@test -n "$(REVISION)$(BINARY)" || { echo "say REVISION=... or BINARY=..." >&2; exit 2; }
	SWIFT="$(SWIFT)" scripts/bench-against.sh $(WALBENCH) "$(or $(BINARY),$(REVISION))" \
	    $(if $(WORKLOADS),--workloads $(WORKLOADS)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	    $(if $(BACKEND),--backend $(BACKEND)) --profile $(PROFILE) $(if $(DIR),--dir "$(DIR)") \
	    $(if $(JSON),--json "$(JSON)") $(if $(FAIL_BEYOND),--fail-beyond $(FAIL_BEYOND))

walbench: dependencies
	$(SWIFT) build -c release --package-path Benchmarks --product walbench

sqlite-walbench: dependencies
	scripts/install-dependencies.sh sqlite3
	$(SWIFT) build -c release --package-path Examples/SQLiteBackend --product sqlite-walbench

test: dependencies
	@$(if $(HAS_RAFT),:,echo "skipped: RaftNode and its simulation, as libraft-dev is not installed; make test-engines does both")
	$(SWIFT) build --build-tests $(ALL) $(STRICT)
	scripts/test.sh $(SWIFT) test $(ALL) $(STRICT)
	for backend in segment lmdb; do \
	    "$$($(SWIFT) build --show-bin-path)/walstress" kill --backend $$backend --rounds 10 || exit; done
	scripts/check-snippets.sh "$$($(SWIFT) build --show-bin-path)"
	scripts/check-c-library.sh "$$($(SWIFT) build --show-bin-path)/libRaftWALC.so" lmdb
	scripts/check-without-lmdb.sh $(SWIFT) build --build-tests $(STRICT) $(WITHOUT_LMDB)
	scripts/check-allocations.sh "$(SWIFT)"
	scripts/test.sh $(SWIFT) test --package-path Examples/BrokenBackend
	scripts/check-guide.sh "$(SWIFT)"
	scripts/install-dependencies.sh sqlite3
	scripts/test.sh $(SWIFT) test --package-path Examples/SQLiteBackend
	@$(if $(HAS_ROCKSDB),:,echo "skipped: the rules on RocksDB, as librocksdb-dev is not installed; make compare-rocksdb installs it")
	$(if $(HAS_ROCKSDB),scripts/test.sh $(SWIFT) test $(ROCKSDB) $(STRICT))

c-library:
	$(if $(LMDB),scripts/install-dependencies.sh lmdb)
	SWIFT="$(SWIFT)" scripts/build-c-library.sh $(if $(LMDB),--lmdb)

test-c: c-library
	scripts/check-c-library.sh .build-c/raft_wal/lib/libraft_wal.so $(if $(LMDB),lmdb)
	scripts/check-c-library.sh .build-c/raft_wal/lib/libraft_wal.a $(if $(LMDB),lmdb)
	$(MAKE) -C Examples/c clean run
	$(MAKE) -C Examples/c clean static $(if $(LMDB),LIBS="-llmdb -lm -pthread")
	Examples/c/run.sh Examples/c/journal

test-hashicorp:
	scripts/install-dependencies.sh lmdb hashicorp
	SWIFT="$(SWIFT)" scripts/build-c-library.sh --lmdb
	Examples/go/run.sh
	for backend in segment lmdb; do \
	    RAFTWAL_BACKEND=$$backend Integration/hashicorp/test-adapter.sh || exit; \
	    RAFTWAL_BACKEND=$$backend Integration/hashicorp/run-suite.sh || exit; done
	for backend in segment lmdb mixed; do \
	    RAFTWAL_BACKEND=$$backend Integration/hashicorp/run-cluster.sh || exit; done

bench-hashicorp:
	scripts/install-dependencies.sh lmdb hashicorp
	SWIFT="$(SWIFT)" scripts/build-c-library.sh --lmdb
	Integration/hashicorp/run-benchmark.sh

test-engines: dependencies
	scripts/install-dependencies.sh raft strace
	$(SWIFT) build --build-tests $(ENGINES) $(STRICT)
	scripts/test.sh $(SWIFT) test $(ENGINES) $(STRICT) --filter '^RaftEngineTests'
	scripts/check-sync-order.sh "$$($(SWIFT) build --show-bin-path)/raftstress"
	for backend in segment lmdb mixed; do \
	    "$$($(SWIFT) build --show-bin-path)/raftstress" kill --backend $$backend --rounds 20 || exit; done
	$(SWIFT) build --package-path Examples/ReplicatedKV
	Examples/ReplicatedKV/test.sh \
	    "$$($(SWIFT) build --package-path Examples/ReplicatedKV --show-bin-path)/replicated-kv"
	$(MAKE) test-c LMDB=1
	$(MAKE) test-hashicorp

cluster: dependencies
	scripts/install-dependencies.sh raft
	$(SWIFT) build -c release --package-path Examples/ReplicatedKV
	Examples/ReplicatedKV/cluster.sh \
	    "$$($(SWIFT) build -c release --package-path Examples/ReplicatedKV --show-bin-path)/replicated-kv" \
	    "$(or $(DIR),$$(mktemp -d))" $(BACKENDS)

conformance: sqlite-walbench
	$(SQLITE_WALBENCH) conformance --backends $(or $(BACKENDS),segment$(,)lmdb$(,)sqlite) $(if $(DIR),--dir "$(DIR)")

stress: dependencies
	SWIFT="$(SWIFT)" scripts/stress.sh $(MINUTES)

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(wildcard Sources Tests Snippets Benchmarks Examples Fuzzing) Package.swift
	scripts/check-house-rules.sh

format:
	$(SWIFT) format format --in-place --parallel --recursive $(wildcard Sources Tests Snippets Benchmarks Examples Fuzzing) Package.swift

clean:
	rm -rf .build .build-c .build-notraits .build-address .build-thread Benchmarks/.build Examples/*/.build Fuzzing/.build

dependencies:
	@scripts/install-dependencies.sh
