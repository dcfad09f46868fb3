// The limits of reading.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "CLimits.h"
#include "checksum.h"

#define BLOCK_BYTES (256u << 10)

void limit_fill_arena(uint8_t *arena, uint32_t *offsets, limit_payloads payloads) {
    uint32_t offset = 0;
    size_t source = 0;
    for (size_t i = 0; i < payloads.count; i++) {
        if (source + payloads.length > payloads.byte_count) source = 0;
        uint64_t words[4] = {(uint64_t)payloads.length << 32, i, 1, 0};
        offsets[i] = offset;
        memcpy(arena + offset, words, LIMIT_HEADER_BYTES);
        memcpy(arena + offset + LIMIT_HEADER_BYTES, payloads.bytes + source, payloads.length);
        source += payloads.length;
        offset += LIMIT_HEADER_BYTES + (uint32_t)payloads.length;
    }
}

// What a reader looks at: the length in the header and the first bytes of the payload.
static inline uint64_t look(const uint8_t *record) {
    uint32_t length;
    uint64_t first;
    memcpy(&length, record + 4, 4);
    memcpy(&first, record + LIMIT_HEADER_BYTES, 8);
    return length + first;
}

uint64_t limit_get(const uint8_t *arena, const uint32_t *offsets, const uint32_t *indexes,
                   size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += look(arena + offsets[indexes[i]]);
    return sum;
}

uint64_t limit_visit(const uint8_t *arena, const uint32_t *offsets, const uint32_t *starts,
                     size_t count, size_t length) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < length; j++) sum += look(arena + offsets[starts[i] + j]);
    }
    return sum;
}

uint64_t limit_copy(const uint8_t *arena, const uint32_t *offsets, const uint32_t *starts,
                    size_t count, uint8_t *target, size_t byte_count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(target, arena + offsets[starts[i]], byte_count);
        __asm__ volatile("" : : "r"(target) : "memory");
        sum += target[0];
    }
    return sum;
}

static int read_all(int descriptor, uint8_t *bytes, size_t count, uint64_t offset, size_t *got) {
    *got = 0;
    while (*got < count) {
        ssize_t n = pread(descriptor, bytes + *got, count - *got, (off_t)(offset + *got));
        if (n < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        if (n == 0) break;
        *got += (size_t)n;
    }
    return 0;
}

static int is_intact(const uint8_t *record, size_t length) {
    uint32_t stored;
    memcpy(&stored, record, 4);
    return stored == limit_crc32c(record + LIMIT_HEADER_BYTES, length);
}

int limit_pread_records(int descriptor, const uint32_t *indexes, size_t count,
                        size_t record_bytes, uint64_t *sum) {
    uint8_t *record = malloc(record_bytes);
    if (!record) return ENOMEM;
    int error = 0;
    *sum = 0;
    for (size_t i = 0; i < count && !error; i++) {
        size_t got;
        error = read_all(descriptor, record, record_bytes,
                         (uint64_t)indexes[i] * record_bytes, &got);
        if (error) break;
        if (got < record_bytes || !is_intact(record, record_bytes - LIMIT_HEADER_BYTES)) {
            error = EBADMSG;
        }
        *sum += look(record);
    }
    free(record);
    return error;
}

// Checks the records from one offset to another, where records begin.
static int scan_part(int descriptor, uint64_t offset, uint64_t end, uint64_t *records) {
    *records = 0;
    struct stat status;
    if (fstat(descriptor, &status) != 0) return errno;
    if (end > (uint64_t)status.st_size) end = (uint64_t)status.st_size;
    size_t block_bytes = BLOCK_BYTES;
    uint8_t *block = malloc(block_bytes);
    int error = block ? 0 : ENOMEM;
    while (!error && offset < end) {
        uint64_t rest = end - offset;
        size_t got, used = 0, record_bytes = 0;
        if ((error = read_all(descriptor, block, rest < block_bytes ? rest : block_bytes, offset,
                              &got)))
            break;
        // What pads a record may be behind the block, and behind the last one it may be missing.
        while (used + LIMIT_HEADER_BYTES <= got) {
            uint32_t length;
            memcpy(&length, block + used + 4, 4);
            record_bytes = LIMIT_HEADER_BYTES + (size_t)length;
            if (record_bytes > got - used) break;
            if (!is_intact(block + used, length)) {
                error = EBADMSG;
                break;
            }
            used += (record_bytes + 7) & ~(size_t)7;
            (*records)++;
        }
        if (used == 0) {
            // A record that is longer than the block; where it is longer than the file that is all.
            if (error || record_bytes <= block_bytes || record_bytes > rest) break;
            uint8_t *larger = realloc(block, record_bytes);
            if (!larger) {
                error = ENOMEM;
                break;
            }
            block = larger;
            block_bytes = record_bytes;
        }
        offset += used;
    }
    free(block);
    return error;
}

int limit_scan(const char *path, uint64_t *records) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    int error = scan_part(descriptor, 0, UINT64_MAX, records);
    close(descriptor);
    return error;
}

typedef struct {
    int descriptor, error;
    uint64_t offset, end, records;
} scan_half;

static void *run_half(void *argument) {
    scan_half *half = argument;
    half->error = scan_part(half->descriptor, half->offset, half->end, &half->records);
    return NULL;
}

int limit_scan_halves(const char *path, size_t record_bytes, uint64_t *records) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        int error = errno;
        close(descriptor);
        return error;
    }
    uint64_t middle = (uint64_t)status.st_size / record_bytes / 2 * record_bytes;
    scan_half first = {descriptor, 0, 0, middle, 0};
    scan_half second = {descriptor, 0, middle, UINT64_MAX, 0};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run_half, &second);
    if (!error) {
        run_half(&first);
        pthread_join(thread, NULL);
        error = first.error ? first.error : second.error;
    }
    *records = first.records + second.records;
    close(descriptor);
    return error;
}

void limit_die_with_parent(void) {
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}
