import Conformance
import SQLiteBackend
import WALBenchmark
import WALProtocol

// What the tests kill, in the middle of writing.
KilledWriter.takeOver { try SQLiteStore(at: $0) }

// `walbench` with one backend more.
WALBench.main(adding: [
    Contestant("sqlite") { path throws(LogStoreError) in try SQLiteStore(at: path) }
])
