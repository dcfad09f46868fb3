@testable internal import Conformance
@testable internal import SegmentBackend
internal import WALProtocol

/// Opens a directory that an input describes, and uses the store if there is one.
///
/// The first byte picks a store to start from, the second how it is opened, the rest are edits,
/// checksums put right afterwards, and at last a few single bytes, for which they are not.
enum SegmentTarget {
    private static let bases: [SegmentImage] = {
        do {
            return try SegmentBases.make()
        } catch {
            preconditionFailure("the stores to start from cannot be made: \(error)")
        }
    }()

    static func run(_ input: [UInt8]) {
        var choices = Choices(input)
        let base = choices.byte()
        let manner = choices.byte()
        let flipCount = choices.byte() % 4
        var image = bases[Int(base) % bases.count]
        var flips: [(UInt8, UInt64, UInt8)] = []
        for _ in 0..<flipCount {
            flips.append((choices.byte(), choices.number(2), choices.byte()))
        }
        var editCount = 0
        while !choices.isAtEnd, editCount < 32 {
            image.edit(&choices)
            editCount += 1
        }
        var files = image.files()
        for (file, offset, value) in flips where !files.isEmpty {
            let place = Int(file) % files.count
            files[place].bytes.put(
                UInt64(value), at: Int(offset) % max(1, files[place].bytes.count), count: 1)
        }
        let disk = SimulatedDisk(DiskState(files, in: SegmentBases.directory))
        use(disk, manner)
    }

    private static func use(_ disk: SimulatedDisk, _ manner: UInt8) {
        disk.capacity = disk.usedByteCount + 1 << 20
        var options = SegmentBases.options(disk)
        switch manner % 8 {
        case 0, 1, 2, 3: break
        case 4: options.policy = .truncateTail(acceptingLossFrom: UInt64(manner) / 8)
        case 5, 6: options.access = .readOnly
        default:
            options.access = .readOnly
            options.policy = .salvage
        }
        expectTypedErrors {
            let store = try SegmentStore(at: SegmentBases.directory, options: options)
            StoreExercise.read(store)
            if options.access == .readWrite { StoreExercise.write(store) }
            try store.close()
        }
        // What the first opening made of it is opened as well as what was found.
        expectTypedErrors {
            options.access = .readWrite
            options.policy = .strict
            let store = try SegmentStore(at: SegmentBases.directory, options: options)
            StoreExercise.read(store)
            StoreExercise.write(store)
        }
        expectTypedErrors {
            _ = try SegmentStore.verify(at: SegmentBases.directory, on: disk)
        }
        expectTypedErrors {
            _ = try SegmentStore.describe(at: SegmentBases.directory, on: disk)
        }
        precondition(disk.operationCount < 200_000, "the store does not come to an end")
    }
}

/// Runs something that may fail with an error of the protocol and no other.
func expectTypedErrors(_ body: () throws -> Void) {
    do {
        try body()
    } catch let error as LogStoreError {
        precondition(!error.description.isEmpty)
        precondition(error.code != .closed)
    } catch {
        preconditionFailure("an error of the wrong type: \(error)")
    }
}

extension DiskState {
    /// A disk with some files in a directory.
    init(_ files: [(name: String, bytes: [UInt8])], in directory: String) {
        var names: [String: Node] = ["/": .directory, directory: .directory]
        var stored: [StoredFile] = []
        for (name, bytes) in files {
            var path = directory
            for part in name.split(separator: "/").dropLast() {
                path += "/" + part
                names[path] = .directory
            }
            guard names[directory + "/" + name] == nil else { continue }
            names[directory + "/" + name] = .file(stored.count)
            stored.append(StoredFile(durable: bytes))
        }
        self.init(files: stored, names: names, capacity: .max)
    }
}
