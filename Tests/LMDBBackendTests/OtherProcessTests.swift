#if LMDB && os(Linux)
    import CLMDB
    import LMDBBackend
    import Testing
    import WALProtocol

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// What another process does to the LMDB environment of a store.
    @Suite struct OtherProcessTests {
        let scratch = Scratch()

        /// Another process makes the map larger than this one's: it is taken over.
        @Test func aMapThatGrewElsewhereIsTakenOver() throws {
            let path = scratch.child("store")
            let writer = try LMDBStore(
                at: path, options: options { $0.initialMapByteCount = 1 << 20 })
            try writer.fill(1...10)
            try writer.close()
            let reader = try LMDBStore(at: path, options: options { $0.access = .readOnly })
            let before = reader.mapByteCount
            let child = try Child {
                let environment = try RawEnvironment(path, mapByteCount: 16 << 20)
                try environment.put([UInt8](repeating: 1, count: 8 << 20), for: [1], in: "theirs")
                environment.close()
                return 42
            }
            #expect(child.answer == 42)
            #expect(try reader.contents().count == 10)
            #expect(reader.mapByteCount > before)
        }

        /// The leaves of a large store are checked when they are first read.
        ///
        /// By then a writer in another process has moved some, and put others in their place.
        @Test func aLeafThatMovedElsewhereIsNoDamage() throws {
            let path = scratch.child("store")
            let writer = try LMDBStore(at: path)
            try writer.fillWithLarge(1...10_000)
            try writer.close()
            let reader = try LMDBStore(at: path, options: options { $0.access = .readOnly })
            #expect(reader.memoryFootprint > 0)
            let child = try Child {
                let environment = try RawEnvironment(path)
                for index in stride(from: 1000 as UInt64, through: 5000, by: 2) {
                    try environment.touch(index, in: "entries")
                }
                try environment.put([UInt8](repeating: 9, count: 1 << 20), for: [1], in: "theirs")
                environment.close()
                return 42
            }
            #expect(child.answer == 42)
            for index in stride(from: 1 as LogIndex, through: 10_000, by: 50) {
                #expect(try reader.entry(at: index).payload == largePayload(index))
            }
            #expect(try reader.contents().count == 10_000)
        }

        @Test func takenReaderSlotsAreATypedErrorAndNotAWait() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path, options: options { $0.maximumReaders = 4 })
            try store.fill(1...10)
            try store.sync()
            let reader = store.makeReader()
            #expect(try reader.entry(at: 1).index == 1)
            let child = try Child {
                UInt8(try RawEnvironment(path).takeAllReaderSlots())
            }
            #expect(child.answer == 3)
            // The slot that this process has is enough for one read at a time.
            #expect(try reader.entry(at: 2).index == 2)
            try store.fill(11...20)
            try store.close()

            // All slots are the child's now.
            let other = try Child {
                UInt8(try RawEnvironment(path).takeAllReaderSlots())
            }
            #expect(other.answer == 1)
            let refusal = failure { () throws(LogStoreError) in try LMDBStore(at: path) }
            #expect(refusal?.code == .io)
            #expect(refusal?.message.contains("reader slots") == true)
            // Slots of processes that died are had back.
            child.kill()
            #expect(try LMDBStore(at: path).count == 20)
            other.kill()
        }
    }

    /// A forked process that does one thing, answers with one byte, and waits to be killed.
    ///
    /// Of this process it has one thread and a copy of the memory, which is enough for calls into
    /// C.
    final class Child {
        private let process: pid_t
        /// What `body` returned; 255 if it threw.
        let answer: UInt8?

        init(_ body: () throws -> UInt8) throws {
            // Swift hides fork(2), because little is safe in a child.
            typealias Fork = @convention(c) () -> pid_t
            let symbol = try #require(dlsym(nil, "fork"))
            let fork = unsafeBitCast(symbol, to: Fork.self)
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            process = fork()
            if process == 0 {
                var answer = (try? body()) ?? 255
                write(ends[1], &answer, 1)
                while true { pause() }
            }
            close(ends[1])
            var answer: UInt8 = 0
            var event = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            let isAnswered = poll(&event, 1, 60_000) == 1 && read(ends[0], &answer, 1) == 1
            self.answer = isAnswered ? answer : nil
            close(ends[0])
        }

        deinit { kill() }

        /// Ends the process as a crash would; a second time does nothing.
        func kill() {
            guard !isDead else { return }
            isDead = true
            endProcess(process)
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }

        private var isDead = false
    }

    /// Outside the type, whose members hide the system call of the same name.
    private func endProcess(_ process: pid_t) { kill(process, SIGKILL) }
#endif
