import ArgumentParser
import NIOHTTP1
import RaftEngine
import RaftWAL
import WALProtocol

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// One member of a replicated key-value store, with an HTTP interface.
///
/// | request | answer |
/// |---|---|
/// | `PUT /kv/KEY`, `DELETE /kv/KEY` | 200 when it is on disk at a majority; 503 on all but the leader |
/// | `GET /kv/KEY` | what this member has, which may be a little old |
/// | `GET /kv/KEY?fresh` | on the leader: at least as new as the request |
/// | `GET /status` | JSON |
/// | `GET /` | a page that shows all members |
@main
struct Server: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "replicated-kv")

    @Option(help: "Which of the peers this is.")
    var id: UInt64
    @Option(help: "All members: ID=HOST:PORT,… HTTP is 1000 ports above.")
    var peers: String
    @Option(help: "Where it keeps log and snapshots.")
    var dir: String
    @Option(help: "The store: segment or lmdb.")
    var backend = "segment"

    func run() async throws {
        let members = try parsedPeers()
        guard let own = members.first(where: { $0.id == id }),
            let place = Self.httpPlace(of: own)
        else { throw ValidationError("--peers has to name --id with HOST:PORT") }
        mkdir(dir, 0o755)
        let values = KeyValues()
        var options = RaftNode.Options()
        options.bootstrapMembers = members
        options.onFailure = { error in
            print("stopped: \(error)")
            fflush(nil)
            // The log is closed, and what was acknowledged is durable.
            _exit(1)
        }
        let store = try openLogStore(
            at: dir + "/log", StoreConfiguration(backendNamed: backend))
        let node = try await RaftNode.start(
            id: id, address: own.address, directory: dir, store: store, stateMachine: values,
            options: options)
        print("member \(id) (\(backend)): http://\(place.host):\(place.port)/")
        let service = Service(node: node, values: values, members: members, backend: backend)
        try await HTTPServer.run(host: place.host, port: place.port) { await service.answer($0) }
    }

    private func parsedPeers() throws -> [Member] {
        try peers.split(separator: ",").map { text in
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let id = UInt64(parts[0]) else {
                throw ValidationError("'\(text)' is not ID=HOST:PORT")
            }
            return Member(id: id, address: String(parts[1]))
        }
    }

    static func httpPlace(of member: Member) -> (host: String, port: Int)? {
        let parts = member.address.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else { return nil }
        return (String(parts[0]), port + 1_000)
    }
}

/// What is answered to whom.
struct Service: Sendable {
    let node: RaftNode
    let values: KeyValues
    let members: [Member]
    let backend: String

    func answer(_ request: Request) async -> Response {
        let parts = request.path.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0]
        if path.hasPrefix("/kv/") {
            let key = String(path.dropFirst(4))
            guard !key.isEmpty, key.utf8.count <= 1_000 else { return Response(.badRequest) }
            return await answer(request, key, isFresh: parts.count > 1 && parts[1] == "fresh")
        }
        switch path {
        case "/":
            var page = Response(.ok, Page.html(members))
            page.type = "text/html; charset=utf-8"
            return page
        case "/status": return await status()
        default: return Response(.notFound, "there is /, /status and /kv/KEY\n")
        }
    }

    private func answer(_ request: Request, _ key: String, isFresh: Bool) async -> Response {
        do throws(RaftError) {
            switch request.method {
            case .GET:
                if isFresh { try await node.barrier() }
                guard let value = values[key] else { return Response(.notFound, "no such key\n") }
                var response = Response()
                response.body = value
                return response
            case .PUT, .POST:
                let index = try await node.propose(KeyValues.command(key, request.body))
                return Response(.ok, "\(index)\n")
            case .DELETE:
                let index = try await node.propose(KeyValues.command(key, nil))
                return Response(.ok, "\(index)\n")
            default: return Response(.methodNotAllowed)
            }
        } catch {
            let leader = await node.leader.flatMap(Server.httpPlace)
            let hint = leader.map { "the leader is http://\($0.host):\($0.port)/\n" } ?? ""
            return Response(.serviceUnavailable, "\(error.code): \(error.message)\n" + hint)
        }
    }

    private func status() async -> Response {
        let status = await node.status
        let numbers: [(String, UInt64)] = [
            ("id", node.id), ("term", status.term), ("leader", status.leader?.id ?? 0),
            ("last", status.last), ("committed", status.committed), ("applied", status.applied),
            ("snapshot", status.snapshot), ("entries", UInt64(status.storedEntryCount)),
            ("syncs", UInt64(status.syncCount)), ("keys", UInt64(values.count)),
        ]
        let fields = numbers.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        var response = Response(
            .ok,
            "{\"state\":\"\(status.state.rawValue)\",\"backend\":\"\(backend)\",\(fields)}\n")
        response.type = "application/json"
        return response
    }
}
