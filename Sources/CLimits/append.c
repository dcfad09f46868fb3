// The limits of writing.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "CLimits.h"
#include "checksum.h"

#define BUFFER_BYTES (256u << 10)

uint64_t limit_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int write_all(int descriptor, const uint8_t *bytes, size_t count, uint64_t offset) {
    while (count > 0) {
        ssize_t written = pwrite(descriptor, bytes, count, (off_t)offset);
        if (written < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        if (written == 0) return ENOSPC;
        bytes += written;
        count -= (size_t)written;
        offset += (uint64_t)written;
    }
    return 0;
}

int limit_sync(int descriptor) {
#if defined(__APPLE__)
    return fcntl(descriptor, F_FULLFSYNC) == 0 ? 0 : errno;
#else
    return fdatasync(descriptor) == 0 ? 0 : errno;
#endif
}

typedef struct {
    int descriptor;
    uint8_t *buffer;
    size_t used;
    uint64_t offset;
} writer;

static int write_out(writer *writer) {
    int error = write_all(writer->descriptor, writer->buffer, writer->used, writer->offset);
    writer->offset += writer->used;
    writer->used = 0;
    return error;
}

// A record's header: checksum of the rest and the payload, length, index, term.
#define FRAME(target, checksum, payload_length, record_index)                     \
    do {                                                                          \
        uint64_t words[4] = {(uint64_t)(payload_length) << 32 | (checksum),       \
                             (record_index), 1, 0};                               \
        memcpy((target), words, LIMIT_HEADER_BYTES);                              \
    } while (0)

// One body for each form of the checksum, so that it is inlined into the loop.
#define APPEND_LOOP(name, target_attribute, update)                                       \
    target_attribute static int name(writer *writer, limit_payloads payloads,             \
                                     size_t sync_every) {                                 \
        size_t source = 0, since_sync = 0;                                                \
        int error;                                                                        \
        for (size_t i = 0; i < payloads.count; i++) {                                     \
            size_t length = payloads.lengths ? payloads.lengths[i] : payloads.length;     \
            if (source + length > payloads.byte_count) source = 0;                        \
            const uint8_t *payload = payloads.bytes + source;                             \
            source += length;                                                             \
            size_t record = (LIMIT_HEADER_BYTES + length + 7) & ~(size_t)7;               \
            if (writer->used + record > BUFFER_BYTES) {                                   \
                if ((error = write_out(writer))) return error;                            \
            }                                                                             \
            uint32_t checksum = ~update(0xFFFFFFFFu, payload, length);                    \
            if (record > BUFFER_BYTES) { /* written from where it is */                   \
                FRAME(writer->buffer, checksum, length, i);                               \
                writer->used = LIMIT_HEADER_BYTES;                                        \
                if ((error = write_out(writer))) return error;                            \
                if ((error = write_all(writer->descriptor, payload, length,               \
                                       writer->offset)))                                  \
                    return error;                                                         \
                writer->offset += record - LIMIT_HEADER_BYTES;                            \
            } else {                                                                      \
                uint8_t *place = writer->buffer + writer->used;                           \
                FRAME(place, checksum, length, i);                                        \
                memcpy(place + LIMIT_HEADER_BYTES, payload, length);                      \
                writer->used += record;                                                   \
            }                                                                             \
            if (sync_every > 0 && ++since_sync == sync_every) {                           \
                since_sync = 0;                                                           \
                if ((error = write_out(writer))) return error;                            \
                if ((error = limit_sync(writer->descriptor))) return error;               \
            }                                                                             \
        }                                                                                 \
        if ((error = write_out(writer))) return error;                                    \
        return sync_every > 0 && since_sync > 0 ? limit_sync(writer->descriptor) : 0;     \
    }

#if LIMIT_HARDWARE
APPEND_LOOP(append_hardware, LIMIT_TARGET, limit_update_hardware)
#endif
APPEND_LOOP(append_portable, , limit_update_portable)

int limit_append(const char *path, limit_payloads payloads, size_t sync_every,
                 uint64_t *nanoseconds) {
    writer writer = {.descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (writer.descriptor < 0) return errno;
    writer.buffer = malloc(BUFFER_BYTES);
    if (!writer.buffer) {
        close(writer.descriptor);
        return ENOMEM;
    }
    memset(writer.buffer, 0, BUFFER_BYTES);
    limit_fill_tables();
    uint64_t start = limit_now();
    int error;
#if LIMIT_HARDWARE
    if (limit_has_hardware()) {
        error = append_hardware(&writer, payloads, sync_every);
    } else
#endif
    {
        error = append_portable(&writer, payloads, sync_every);
    }
    *nanoseconds = limit_now() - start;
    free(writer.buffer);
    if (close(writer.descriptor) != 0 && !error) error = errno;
    return error;
}

int limit_open_zeroed(const char *path, size_t byte_count, int *descriptor) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return errno;
    static const uint8_t zeros[64u << 10];
    int error = 0;
    for (size_t offset = 0; offset < byte_count && !error; offset += sizeof zeros) {
        size_t rest = byte_count - offset;
        error = write_all(file, zeros, rest < sizeof zeros ? rest : sizeof zeros, offset);
    }
    if (!error && fsync(file) != 0) error = errno;
    if (error) {
        close(file);
        return error;
    }
    *descriptor = file;
    return 0;
}

int limit_durable_writes(int descriptor, uint64_t file_byte_count, uint64_t *offset,
                         const void *bytes, size_t byte_count, size_t count,
                         uint64_t budget_nanoseconds, uint64_t *latencies, size_t *done) {
    uint64_t begin = limit_now(), start = begin;
    *done = 0;
    while (*done < count && start - begin < budget_nanoseconds) {
        if (*offset + byte_count > file_byte_count) *offset = 0;
        int error = write_all(descriptor, bytes, byte_count, *offset);
        if (!error) error = limit_sync(descriptor);
        if (error) return error;
        *offset += byte_count;
        uint64_t end = limit_now();
        latencies[(*done)++] = end - start;
        start = end;
    }
    return 0;
}
