import SQLiteBackend
import WALBenchmark
import WALProtocol

// `walbench` with one backend more.
WALBench.main(adding: [
    Contestant("sqlite") { path throws(LogStoreError) in try SQLiteStore(at: path) }
])
