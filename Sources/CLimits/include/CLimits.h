// The physical limits: what the hardware and the kernel ask for the same bytes, the same writes and
// the same syncs, with no store in between. An independent yardstick: it shares no code with any
// backend.
//
// A flat log stands for the ideal store: records of a 32-byte header (CRC-32C, length, index, term)
// and the payload, one after the other. Functions that can fail return 0, or the errno of the
// system call that failed; they never print and never exit.
#ifndef CLIMITS_H
#define CLIMITS_H

#include <stddef.h>
#include <stdint.h>

// Bytes of the header in front of each payload.
#define LIMIT_HEADER_BYTES 32

// The monotonic clock, in nanoseconds.
uint64_t limit_now(void);

// The conventional CRC-32C of a buffer, by the CPU's own instruction where it has one.
uint32_t limit_crc32c(const void *bytes, size_t length);

// Payloads to append: `count` of them, the i-th with `lengths[i]` bytes, or all with `length` if
// `lengths` is null, taken from `bytes` one after the other, starting over at `byte_count`.
typedef struct {
    const uint8_t *bytes;
    size_t byte_count;
    size_t length;
    const uint32_t *lengths;
    size_t count;
} limit_payloads;

// Appends to a new file: frame, checksum taken from the source, copy into a hot buffer of 256 KiB,
// one pwrite per full buffer. With `sync_every` > 0, a pwrite and fdatasync after every so many
// payloads and at the end. `nanoseconds` is the time of the loop alone.
int limit_append(const char *path, limit_payloads payloads, size_t sync_every,
                 uint64_t *nanoseconds);

// Brings what was written to a file to stable storage, as a store has to do it.
int limit_sync(int descriptor);

// Writes `byte_count` zeros to a new file and syncs it; leaves it open.
int limit_open_zeroed(const char *path, size_t byte_count, int *descriptor);

// Repeats pwrite(`bytes`) + fdatasync, each right behind the one before and starting over at
// `file_byte_count`, from `*offset` on; until `count` are done or `budget_nanoseconds` are over.
// `latencies` has room for `count`, `done` says how many were measured.
int limit_durable_writes(int descriptor, uint64_t file_byte_count, uint64_t *offset,
                         const void *bytes, size_t byte_count, size_t count,
                         uint64_t budget_nanoseconds, uint64_t *latencies, size_t *done);

// Builds a flat log of equal payloads in memory, and the offset of each record.
void limit_fill_arena(uint8_t *arena, uint32_t *offsets, limit_payloads payloads);

// Reads the length and the first 8 bytes of each entry named; the sum keeps the loop alive.
uint64_t limit_get(const uint8_t *arena, const uint32_t *offsets, const uint32_t *indexes,
                   size_t count);

// The same for each of `length` consecutive entries from each start.
uint64_t limit_visit(const uint8_t *arena, const uint32_t *offsets, const uint32_t *starts,
                     size_t count, size_t length);

// Copies `byte_count` bytes from each start, by one memcpy each.
uint64_t limit_copy(const uint8_t *arena, const uint32_t *offsets, const uint32_t *starts,
                    size_t count, uint8_t *target, size_t byte_count);

// Reads each record named with one pread of `record_bytes` and checks its checksum. EBADMSG if one
// is wrong.
int limit_pread_records(int descriptor, const uint32_t *indexes, size_t count,
                        size_t record_bytes, uint64_t *sum);

// Reads a flat log in blocks of 256 KiB and checks the checksum of every record.
int limit_scan(const char *path, uint64_t *records);

// The same on two threads, half of the records each; they all have `record_bytes`.
int limit_scan_halves(const char *path, size_t record_bytes, uint64_t *records);

// Makes the caller die with its parent, where the system can do that.
void limit_die_with_parent(void);

#endif
