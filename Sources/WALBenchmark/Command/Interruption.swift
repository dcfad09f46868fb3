import Dispatch
import Foundation

/// Cleans up when the program is told to stop: Ctrl-C leaves nothing behind.
final class Interruption {
    private var sources: [any DispatchSourceSignal] = []

    /// Removes a directory when a signal arrives, and ends the program with 128 + its number.
    init(removing scratch: Scratch) {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                scratch.removeAll()
                Output.complain("\nwalbench: interrupted\n")
                Failure.exitSilently(128 + number)
            }
            source.resume()
            sources.append(source)
        }
    }
}
