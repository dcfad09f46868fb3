/*
 * A journal of lines, kept by a log that survives the loss of power.
 *
 *     journal DIRECTORY append LINE...     appends, and answers once the lines are on the disk
 *     journal DIRECTORY list               prints what is there
 *     journal DIRECTORY drop INDEX         drops everything up to and including that line
 *     journal DIRECTORY term [N]           prints, or sets, a value beside the log
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <raft_wal.h>

static int fail(const raft_wal_error *error)
{
    fprintf(stderr, "journal: %s\n", error->message);
    return 1;
}

static void put(uint8_t *to, uint64_t value, int byte_count)
{
    for (int i = 0; i < byte_count; i++) to[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t take(const uint8_t *from, int byte_count)
{
    uint64_t value = 0;
    for (int i = byte_count; i-- > 0;) value = value << 8 | from[i];
    return value;
}

/* All lines as one batch: after a crash all of them are there, or none. */
static int append(raft_wal *wal, int count, char **lines)
{
    raft_wal_error error;
    raft_wal_state state;
    if (raft_wal_get_state(wal, &state, &error)) return fail(&error);
    uint64_t index = state.parts & RAFT_WAL_HAS_NEXT ? state.next : 1;
    uint64_t term = state.parts & RAFT_WAL_HAS_LAST ? state.last.term : 1;

    size_t byte_count = 0;
    for (int i = 0; i < count; i++) byte_count += 22 + strlen(lines[i]);
    uint8_t *entries = malloc(byte_count ? byte_count : 1), *at = entries;
    if (!entries) return perror("journal"), 1;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(lines[i]);
        put(at, index + i, 8), put(at + 8, term, 8), put(at + 16, 0, 2), put(at + 18, length, 4);
        memcpy(at + 22, lines[i], length);
        at += 22 + length;
    }
    raft_wal_code code = raft_wal_append(wal, entries, byte_count, &error);
    free(entries);
    if (code || raft_wal_sync(wal, &error)) return fail(&error);
    printf("%d lines are durable, the last of them %" PRIu64 "\n", count, index + count - 1);
    return 0;
}

/* A megabyte at a time, however long the log is. */
static int list(raft_wal *wal)
{
    raft_wal_error error;
    raft_wal_state state;
    if (raft_wal_get_state(wal, &state, &error)) return fail(&error);
    raft_wal_buffer buffer = RAFT_WAL_BUFFER_INIT;
    for (uint64_t next = state.first; next < state.next;) {
        if (raft_wal_read(wal, next, UINT64_MAX, 1 << 20, &buffer, &next, &error)) {
            raft_wal_buffer_free(&buffer);
            return fail(&error);
        }
        for (const uint8_t *at = buffer.bytes; at < buffer.bytes + buffer.byte_count;) {
            int length = (int)take(at + 18, 4);
            printf("%" PRIu64 "\t%.*s\n", take(at, 8), length, (const char *)at + 22);
            at += 22 + length;
        }
    }
    raft_wal_buffer_free(&buffer);
    return 0;
}

static int drop(raft_wal *wal, const char *number)
{
    raft_wal_error error;
    raft_wal_position through = { .index = strtoull(number, NULL, 10) };
    if (raft_wal_get_term(wal, through.index, &through.term, &error)
        || raft_wal_compact(wal, through, &error) || raft_wal_sync(wal, &error))
        return fail(&error);
    return 0;
}

static int term(raft_wal *wal, const char *number)
{
    raft_wal_error error;
    uint8_t bytes[8];
    if (number) {
        put(bytes, strtoull(number, NULL, 10), 8);
        /* Durable when the call returns. */
        return raft_wal_set_metadata(wal, "term", 4, bytes, 8, &error) ? fail(&error) : 0;
    }
    raft_wal_buffer value = RAFT_WAL_BUFFER_INIT;
    uint32_t found;
    if (raft_wal_get_metadata(wal, "term", 4, &value, &found, &error)) return fail(&error);
    printf("%" PRIu64 "\n", found && value.byte_count == 8 ? take(value.bytes, 8) : 0);
    raft_wal_buffer_free(&value);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) return fprintf(stderr, "usage: journal DIRECTORY append|list|drop|term ...\n"), 2;
    raft_wal_error error;
    raft_wal *wal;
    if (raft_wal_open(argv[1], NULL, &wal, &error)) return fail(&error);
    int status = 2;
    if (strcmp(argv[2], "append") == 0) status = append(wal, argc - 3, argv + 3);
    else if (strcmp(argv[2], "list") == 0) status = list(wal);
    else if (strcmp(argv[2], "drop") == 0 && argc == 4) status = drop(wal, argv[3]);
    else if (strcmp(argv[2], "term") == 0) status = term(wal, argc > 3 ? argv[3] : NULL);
    else fprintf(stderr, "journal: what is %s?\n", argv[2]);
    if (raft_wal_close(wal, &error) && status == 0) status = fail(&error);
    raft_wal_free(wal);
    return status;
}
