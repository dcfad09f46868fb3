/// What happens next, in a world whose clock only moves from one event to the next.
package final class VirtualTime {
    private struct Event {
        var time: UInt64
        var number: UInt64
        var body: () -> Void

        func isBefore(_ other: Event) -> Bool {
            (time, number) < (other.time, other.number)
        }
    }

    /// The time, in milliseconds.
    package private(set) var now: UInt64 = 0
    private var count: UInt64 = 0
    /// A heap: no event is before its parent.
    private var events: [Event] = []

    package init() {}

    /// Has something done after a number of milliseconds, behind all that is due then already.
    package func after(_ milliseconds: UInt64, _ body: @escaping () -> Void) {
        count += 1
        events.append(Event(time: now + milliseconds, number: count, body: body))
        var place = events.count - 1
        while place > 0, events[place].isBefore(events[(place - 1) / 2]) {
            events.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Lets the next event happen.
    ///
    /// - Returns: whether there was one before the given time; otherwise it is that time now.
    package func step(until end: UInt64) -> Bool {
        guard let first = events.first, first.time <= end else {
            now = max(now, end)
            return false
        }
        let last = events.removeLast()
        if !events.isEmpty {
            events[0] = last
            sink()
        }
        now = first.time
        first.body()
        return true
    }

    private func sink() {
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < events.count {
                if events[child].isBefore(events[least]) { least = child }
            }
            guard least != place else { return }
            events.swapAt(place, least)
            place = least
        }
    }
}
