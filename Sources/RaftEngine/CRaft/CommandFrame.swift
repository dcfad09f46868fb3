#if CRaft
    package import CRaftLibrary

    /// A command as the engine carries it: its transport wants multiples of eight bytes.
    ///
    /// One to eight bytes follow the command; each of them is their number.
    package enum CommandFrame {
        /// The most bytes that are added to a command.
        package static let maximumPaddingByteCount = 8

        /// A command in the engine's memory, ended.
        package static func encode(_ command: [UInt8]) -> raft_buffer? {
            let padding = 8 - command.count % 8
            guard let base = raft_malloc(command.count + padding) else { return nil }
            command.withUnsafeBytes { bytes in
                if let source = bytes.baseAddress {
                    base.copyMemory(from: source, byteCount: bytes.count)
                }
            }
            (base + command.count).initializeMemory(
                as: UInt8.self, repeating: UInt8(padding), count: padding)
            return raft_buffer(base: base, len: command.count + padding)
        }

        /// The command in a buffer; `nil` if there is none.
        package static func decode(_ buffer: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
            guard let padding = buffer.last, (1...8).contains(padding),
                buffer.count >= Int(padding)
            else { return nil }
            return UnsafeRawBufferPointer(rebasing: buffer.dropLast(Int(padding)))
        }
    }
#endif
