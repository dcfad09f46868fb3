import NIOCore
import NIOHTTP1
import NIOPosix

/// A request, whole.
struct Request: Sendable {
    var method: HTTPMethod
    var path: String
    var body: [UInt8]
}

/// What is answered.
struct Response: Sendable {
    var status = HTTPResponseStatus.ok
    var type = "text/plain; charset=utf-8"
    var body: [UInt8] = []

    init(_ status: HTTPResponseStatus = .ok, _ text: String = "") {
        self.status = status
        body = Array(text.utf8)
    }
}

/// A small HTTP server: one task for each request.
struct HTTPServer {
    /// Bodies beyond this are refused.
    static let maximumBodyByteCount = 1 << 20

    /// Serves until the process ends.
    static func run(
        host: String, port: Int, _ answer: @escaping @Sendable (Request) async -> Response
    ) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(answer))
                }
            }
            .bind(host: host, port: port).get()
        try await channel.closeFuture.get()
    }
}

/// Puts requests together and has them answered.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (Request) async -> Response
    private var request: Request?
    private var isKept = true

    init(_ answer: @escaping @Sendable (Request) async -> Response) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isKept = head.isKeepAlive
            request = Request(method: head.method, path: head.uri, body: [])
        case .body(let part):
            request?.body += Array(part.readableBytesView)
            if let count = request?.body.count, count > HTTPServer.maximumBodyByteCount {
                request = nil
                context.close(promise: nil)
            }
        case .end:
            guard let request else { return }
            self.request = nil
            Self.begin(request, answer, isKept, context.channel)
        }
    }

    private static func begin(
        _ request: Request, _ answer: @escaping @Sendable (Request) async -> Response,
        _ isKept: Bool, _ channel: any Channel
    ) {
        Task {
            let response = await answer(request)
            try? await write(response, isKept, to: channel)
        }
    }

    private static func write(
        _ response: Response, _ isKept: Bool, to channel: any Channel
    ) async throws {
        var head = HTTPResponseHead(version: .http1_1, status: response.status)
        head.headers.add(name: "content-type", value: response.type)
        head.headers.add(name: "content-length", value: String(response.body.count))
        head.headers.add(name: "access-control-allow-origin", value: "*")
        head.headers.add(name: "connection", value: isKept ? "keep-alive" : "close")
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        let body = ByteBuffer(bytes: response.body)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        if !isKept { try await channel.close() }
    }
}
