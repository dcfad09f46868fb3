import CLimits

/// The monotonic clock, in nanoseconds: the one that the C loops use too.
@inline(__always)
func now() -> UInt64 { limit_now() }

/// How long `body` took, in nanoseconds.
@inline(__always)
func timed(_ body: () throws -> Void) rethrows -> UInt64 {
    let start = now()
    try body()
    return now() - start
}

/// Keeps the compiler from dropping work whose result nobody needs.
@inline(never)
func keep(_ value: UInt64) { withExtendedLifetime(value) {} }
