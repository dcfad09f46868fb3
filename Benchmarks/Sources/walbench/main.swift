import WALBenchmark

WALBench.main()
