import Foundation
import Testing

/// Intervals are kept while somebody sets the wall clock, back and forth, all the time.
@Suite struct JumpingClockTests {
    /// A library that stands before the system's and lets each look at the wall clock jump by up to a
    /// day.
    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>
        static long jump(void) {
            static unsigned state;
            if (state == 0) state = (unsigned)getpid();
            state = state * 1664525u + 1013904223u;
            return (long)(state >> 8) % 172800 - 86400;
        }
        int clock_gettime(clockid_t clock, struct timespec *now) {
            int (*original)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
            int result = original(clock, now);
            if (clock == CLOCK_REALTIME) now->tv_sec += jump();
            return result;
        }
        int gettimeofday(struct timeval *restrict now, void *restrict zone) {
            struct timespec time;
            clock_gettime(CLOCK_REALTIME, &time);
            now->tv_sec = time.tv_sec;
            now->tv_usec = time.tv_nsec / 1000;
            return 0;
        }
        time_t time(time_t *now) {
            struct timespec time;
            clock_gettime(CLOCK_REALTIME, &time);
            if (now) *now = time.tv_sec;
            return time.tv_sec;
        }
        """

    @Test(arguments: backends) func intervalsAreKept(backend: String) throws {
        #if os(Linux)
            try withTemporaryDirectory { directory in
                try Data(Self.source.utf8).write(to: URL(fileURLWithPath: directory + "/clock.c"))
                let outcome = try Walctl.shell(
                    """
                    cc=$(command -v cc || command -v clang) || exit 77
                    "$cc" -shared -fPIC -o "$1/clock.so" "$1/clock.c" -ldl || exit 78
                    export LD_PRELOAD="$1/clock.so"
                    # The clock does jump.
                    date +%s; date +%s; date +%s
                    walctl --backend \(backend) conformance --rules async.interval,async.strategies
                    """, directory)
                // Without a C compiler there is nothing to be shown.
                if outcome.status == 77 { return }
                #expect(outcome.status == 0, "\(outcome.text) \(outcome.messages)")
                #expect(Set(outcome.lines.prefix(3)).count > 1)
                #expect(outcome.lines.dropFirst(3).first == "\(backend) async.interval passed")
            }
        #endif
    }
}
