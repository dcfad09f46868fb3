#if CRaft
    package import CRaftLibrary
    package import WALProtocol

    /// What C-Raft 0.15 says and hears, made right on the way.
    ///
    /// The simulated clusters found each of them, and a test shows that it is needed still:
    /// `raftstress simulate --without` leaves one out.
    package final class EngineCorrections {
        /// Something that the engine gets wrong.
        package enum Correction: String, CaseIterable, Sendable {
            /// A follower confirms entries that its leader never sent.
            ///
            /// Asked about the entries up to some index, the engine answers with the end of its whole
            /// log. What stands there may be left from an earlier leader; the new one takes it for its
            /// own entries, counts them as replicated, and commits what only it has. So answers end
            /// where the question did.
            case answers
            /// A follower takes entries that it has compacted for missing.
            ///
            /// A leader that thinks little of a follower sends it everything from the first entry on,
            /// and the follower appends what it had dropped behind its last entry. Up to the snapshot
            /// both have the same, as it was committed: it is taken out of the message.
            case coveredEntries
            /// A candidate does not learn that its term is old.
            ///
            /// Asked for a vote before an election, the engine refuses with the term of the question.
            /// If one of two members that are left has the greater term and the other the longer log,
            /// neither is ever elected. So a refusal says the own term, where that is greater.
            case refusals
        }

        package static var all: Set<Correction> { Set(Correction.allCases) }

        private let corrected: Set<Correction>
        /// Called when the engine has switched itself off, with its reason.
        private let onUnavailable: (String) -> Void
        private var start: StartFunction?
        private var tick: raft_io_tick_cb?
        private var send: SendFunction?
        private var receive: raft_io_recv_cb?
        /// The last entry that the message or the append that is being answered is about.
        private var answered: LogIndex?

        private typealias IO = UnsafeMutablePointer<raft_io>
        private typealias StartFunction =
            @convention(c) (IO?, UInt32, raft_io_tick_cb?, raft_io_recv_cb?) -> Int32
        private typealias SendFunction =
            @convention(c) (
                IO?, UnsafeMutablePointer<raft_io_send>?, UnsafePointer<raft_message>?,
                raft_io_send_cb?
            ) -> Int32

        package init(_ corrected: Set<Correction>, onUnavailable: @escaping (String) -> Void) {
            self.corrected = corrected
            self.onUnavailable = onUnavailable
        }

        /// Puts itself between the engine and the functions that send and receive.
        package func install(in io: UnsafeMutablePointer<raft_io>) {
            start = io.pointee.start
            io.pointee.start = { io, milliseconds, tick, receive in
                let corrections = EngineIO.of(io).corrections
                corrections.receive = receive
                corrections.tick = tick
                let tell: raft_io_tick_cb = { io in
                    let corrections = EngineIO.of(io).corrections
                    corrections.tick?(io)
                    corrections.check(io)
                }
                return corrections.start?(io, milliseconds, tell) { io, message in
                    let corrections = EngineIO.of(io).corrections
                    corrections.receive(io, message)
                    corrections.check(io)
                } ?? RAFT_INVALID
            }
            send = io.pointee.send
            io.pointee.send = { io, request, message, completion in
                EngineIO.of(io).corrections.send(io, request, message, completion)
            }
        }

        /// Answers that leave meanwhile are about entries up to an index.
        package func answering(about last: LogIndex, _ body: () -> Void) {
            answered = last
            body()
            answered = nil
        }

        // MARK: - What it hears

        private func receive(_ io: IO?, _ message: UnsafeMutablePointer<raft_message>?) {
            guard let message else { return }
            switch Int(message.pointee.type) {
            case RAFT_IO_INSTALL_SNAPSHOT:
                guard isSound(&message.pointee.install_snapshot) else { return }
            case RAFT_IO_APPEND_ENTRIES:
                if corrected.contains(.coveredEntries) {
                    guard skipCovered(&message.pointee.append_entries, io) else { return }
                }
                let last = Self.last(of: message.pointee.append_entries)
                answered = last
                // Nor does it commit what its leader did not speak of (Raft, figure 2).
                if corrected.contains(.answers) {
                    message.pointee.append_entries.leader_commit = min(
                        message.pointee.append_entries.leader_commit, last)
                }
            default: break
            }
            receive?(io, message)
            answered = nil
        }

        /// The last entry that a message is about.
        private static func last(of message: raft_append_entries) -> LogIndex {
            let (index, overflow) = message.prev_log_index.addingReportingOverflow(
                LogIndex(message.n_entries))
            return overflow ? .max : index
        }

        /// Whether a snapshot can be taken; otherwise it has been freed.
        ///
        /// Of an empty one the transport leaves the pointer as it was, which would be freed.
        private func isSound(_ message: inout raft_install_snapshot) -> Bool {
            if message.data.len == 0 { message.data.base = nil }
            guard message.last_index == .max else { return true }
            raft_configuration_close(&message.conf)
            raft_free(message.data.base)
            return false
        }

        /// Tells of an engine that has switched itself off, as it does without a word.
        private func check(_ io: IO?) {
            guard let raft = Self.raft(io), raft_state(raft) == Int32(RAFT_UNAVAILABLE) else {
                return
            }
            onUnavailable(raft_errmsg(raft).map { String(cString: $0) } ?? "")
        }

        /// Takes out of a message what this replica's snapshot covers.
        ///
        /// - Returns: `false` if nothing is left, and the message has been freed.
        private func skipCovered(_ message: inout raft_append_entries, _ io: IO?) -> Bool {
            guard let raft = Self.raft(io), message.n_entries > 0, let entries = message.entries,
                message.prev_log_index < raft.pointee.log.offset
            else { return true }
            let covered = raft.pointee.log.snapshot.last_index - message.prev_log_index
            guard covered <= raft_index(message.n_entries) else {
                // It ends before the snapshot: an old one, as no leader's log does.
                raft_free(entries[0].batch)
                raft_free(entries)
                return false
            }
            let rest = Int(message.n_entries) - Int(covered)
            message.prev_log_term = entries[Int(covered) - 1].term
            message.prev_log_index += covered
            if rest == 0 {
                raft_free(entries[0].batch)
                raft_free(entries)
                message.entries = nil
            } else {
                // All of a message are in one batch, which goes with the last of them.
                entries.update(from: entries + Int(covered), count: rest)
            }
            message.n_entries = UInt32(rest)
            return true
        }

        // MARK: - What it says

        private func send(
            _ io: IO?, _ request: UnsafeMutablePointer<raft_io_send>?,
            _ message: UnsafePointer<raft_message>?, _ completion: raft_io_send_cb?
        ) -> Int32 {
            guard var message = message?.pointee else {
                return send?(io, request, message, completion) ?? RAFT_INVALID
            }
            switch Int(message.type) {
            case RAFT_IO_APPEND_ENTRIES_RESULT where corrected.contains(.answers):
                correct(&message.append_entries_result)
            case RAFT_IO_REQUEST_VOTE_RESULT where corrected.contains(.refusals):
                correct(&message.request_vote_result, Self.raft(io))
            default: break
            }
            return send?(io, request, &message, completion) ?? RAFT_INVALID
        }

        private func correct(_ answer: inout raft_append_entries_result) {
            guard let answered, answer.rejected == 0 else { return }
            answer.last_log_index = min(answer.last_log_index, answered)
        }

        private func correct(
            _ answer: inout raft_request_vote_result, _ raft: UnsafeMutablePointer<raft>?
        ) {
            guard let raft, !answer.vote_granted, answer.pre_vote == raft_tribool_true else {
                return
            }
            answer.term = max(answer.term, raft.pointee.current_term)
        }

        private static func raft(_ io: IO?) -> UnsafeMutablePointer<raft>? {
            io?.pointee.data?.assumingMemoryBound(to: CRaftLibrary.raft.self)
        }
    }
#endif
