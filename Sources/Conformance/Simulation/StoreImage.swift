import WALProtocol

/// A store's directory as bytes.
struct StoreImage: Equatable, Sendable {
    /// Every file, by its path in the directory.
    var files: [String: [UInt8]] = [:]
    /// Every directory in it, parents first.
    var directories: [String] = []

    /// The names of the files, in the order that everything is numbered by.
    var names: [String] { files.keys.sorted() }
}

/// Somewhere that a store can be put, opened and looked at from outside.
protocol ImageStage: AnyObject {
    /// Where the store is.
    var path: String { get }
    /// What is there now, as the next process would find it.
    func image() -> StoreImage
    /// What is there after a power cut that loses all that it can; `nil` if nobody can know.
    func durableImage() -> StoreImage?
    /// Puts these files there, and nothing else; all of it is on stable storage.
    func put(_ image: StoreImage) throws
    /// Opens the store that is there for writing.
    func open() throws -> any LogStore
    /// Checks every byte of the store that is there; `nil` if the store has no such thing.
    func verify() throws -> VerificationReport?
}

/// A simulated disk of its own for every image.
final class SimulatedStage: ImageStage {
    let path = "/store"
    private let opening: SimulatedOpening
    private let verifying: DamageSweep.SimulatedVerifying?
    private var disk = SimulatedDisk()

    init(_ opening: @escaping SimulatedOpening, _ verifying: DamageSweep.SimulatedVerifying?) {
        self.opening = opening
        self.verifying = verifying
    }

    func image() -> StoreImage { image(of: disk.state) }

    func durableImage() -> StoreImage? {
        image(of: disk.state.afterPowerCut(.losesEverything))
    }

    private func image(of state: DiskState) -> StoreImage {
        var image = StoreImage()
        for (path, node) in state.names where path.hasPrefix(self.path + "/") {
            let name = String(path.dropFirst(self.path.count + 1))
            switch node {
            case .directory: image.directories.append(name)
            case .file(let file): image.files[name] = state.files[file].shown
            }
        }
        image.directories.sort()
        return image
    }

    func put(_ image: StoreImage) {
        var files: [StoredFile] = []
        var names: [String: DiskState.Node] = ["/": .directory, path: .directory]
        for directory in image.directories { names["\(path)/\(directory)"] = .directory }
        for (name, bytes) in image.files {
            names["\(path)/\(name)"] = .file(files.count)
            files.append(StoredFile(durable: bytes))
        }
        disk = SimulatedDisk(DiskState(files: files, names: names, capacity: .max))
    }

    func open() throws -> any LogStore { try opening(path, disk, InlineExecutor()) }

    func verify() throws -> VerificationReport? { try verifying?(path, disk) }
}

/// A directory of the real file system, filled anew for every image.
final class DirectoryStage: ImageStage {
    let path: String
    private let scratch: Scratch
    private let opening: LogStoreSuite.Opening
    private let verifying: DamageSweep.Verifying?

    init(
        in parent: String, _ opening: @escaping LogStoreSuite.Opening,
        _ verifying: DamageSweep.Verifying?
    ) throws {
        scratch = try Scratch(in: parent)
        path = "\(scratch.path)/store"
        self.opening = opening
        self.verifying = verifying
        Files.makeDirectory(path)
    }

    deinit { scratch.remove() }

    func image() -> StoreImage {
        var image = StoreImage()
        for name in Files.files(below: path) {
            image.files[name] = Files.contents(of: "\(path)/\(name)")
            var parts = name.split(separator: "/").dropLast()
            while !parts.isEmpty {
                let directory = parts.joined(separator: "/")
                if !image.directories.contains(directory) { image.directories.append(directory) }
                parts.removeLast()
            }
        }
        image.directories.sort()
        return image
    }

    func durableImage() -> StoreImage? { nil }

    func put(_ image: StoreImage) throws {
        // Removing everything is what makes one damage independent of the one before.
        Files.removeAll(at: path)
        Files.makeDirectory(path)
        for directory in image.directories { Files.makeDirectory("\(path)/\(directory)") }
        for (name, bytes) in image.files {
            guard Files.write(bytes, to: "\(path)/\(name)") else {
                throw NotChecked("cannot write \(path)/\(name): \(Scratch.reason())")
            }
        }
    }

    func open() throws -> any LogStore { try opening(path) }

    func verify() throws -> VerificationReport? { try verifying?(path) }
}
