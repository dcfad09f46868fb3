/*
 * The C ABI as a C program sees it: every function, every code, arguments that make no sense,
 * threads. scripts/check-c-library.sh compiles and runs it over the libraries.
 *
 * The disk fails on demand: the library's calls of pwrite() and fdatasync() end here.
 */
#define _GNU_SOURCE
#include "raft_wal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a disk that fails ---- */

static _Atomic int write_failure, sync_failure, sync_count;

static ssize_t checked_pwrite(int file, const void *bytes, size_t byte_count, off_t offset)
{
    if (write_failure) {
        errno = write_failure;
        return -1;
    }
    return syscall(SYS_pwrite64, file, bytes, byte_count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t byte_count, off_t offset)
{
    return checked_pwrite(file, bytes, byte_count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t byte_count, off64_t offset)
{
    return checked_pwrite(file, bytes, byte_count, offset);
}

int fdatasync(int file)
{
    sync_count++;
    if (sync_failure) {
        errno = sync_failure;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

/* ---- expecting ---- */

static int failure_count, test_count;
static const char *test_name;
static unsigned char reached[RAFT_WAL_INVALID_ARGUMENT + 1];
static raft_wal_error error;

static void expect_at(int line, int is_so, const char *what)
{
    if (is_so) return;
    fprintf(stderr, "%s:%d: %s: expected %s\n", __FILE__, line, test_name, what);
    failure_count++;
}

static void expect_code_at(int line, raft_wal_code expected, raft_wal_code found)
{
    if (found >= 0 && found <= RAFT_WAL_INVALID_ARGUMENT) reached[found] = 1;
    if (expected != found) {
        fprintf(stderr, "%s:%d: %s: expected %s, found %s: %s\n", __FILE__, line, test_name,
            raft_wal_code_name(expected), raft_wal_code_name(found), found ? error.message : "");
        failure_count++;
    }
    /* What a failure says is said by the structure, too. */
    if (found != RAFT_WAL_OK) {
        expect_at(line, error.code == found, "the error to have the code returned");
        expect_at(line, memchr(error.message, 0, sizeof error.message) != NULL, "an end");
        expect_at(line, strncmp(error.message, raft_wal_code_name(found),
            strlen(raft_wal_code_name(found))) == 0, "the message to start with the code's name");
    }
    memset(&error, 0x5A, sizeof error);
}

#define EXPECT(condition) expect_at(__LINE__, (condition) != 0, #condition)
#define EXPECT_CODE(code, call) expect_code_at(__LINE__, RAFT_WAL_##code, (call))
#define EXPECT_OK(call) EXPECT_CODE(OK, call)

/* ---- stores and entries ---- */

static char root[] = "/tmp/raft-wal-abi-XXXXXX";
static char path[256];
static int library_has_lmdb;

static int remove_one(const char *name, const struct stat *info, int flag, struct FTW *walk)
{
    (void)info, (void)flag, (void)walk;
    return remove(name);
}

static void remove_tree(const char *name)
{
    nftw(name, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static raft_wal *open_with(uint32_t flags)
{
    raft_wal_options options = RAFT_WAL_OPTIONS_INIT;
    raft_wal *wal = NULL;
    options.flags = flags;
    EXPECT_OK(raft_wal_open(path, &options, &wal, &error));
    return wal;
}

static void put(uint8_t *bytes, uint64_t value, int byte_count)
{
    for (int i = 0; i < byte_count; i++) bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t take(const uint8_t *bytes, int byte_count)
{
    uint64_t value = 0;
    for (int i = byte_count; i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

/* Writes one record and returns its size. */
static size_t frame(uint8_t *to, uint64_t index, uint64_t term, uint16_t kind,
    const void *payload, uint32_t byte_count)
{
    put(to, index, 8), put(to + 8, term, 8), put(to + 16, kind, 2), put(to + 18, byte_count, 4);
    if (byte_count) memcpy(to + 22, payload, byte_count);
    return 22 + (size_t)byte_count;
}

static raft_wal_code append_one(raft_wal *wal, uint64_t index, uint64_t term)
{
    uint8_t bytes[64];
    return raft_wal_append(wal, bytes, frame(bytes, index, term, 7, "payload", 7), &error);
}

static raft_wal *store_with_entries(uint64_t first, uint64_t last)
{
    raft_wal *wal = open_with(0);
    for (uint64_t i = first; i <= last; i++) EXPECT_OK(append_one(wal, i, 3));
    return wal;
}

static void close_and_free(raft_wal *wal)
{
    EXPECT_OK(raft_wal_close(wal, &error));
    raft_wal_free(wal);
}

static raft_wal_state state_of(raft_wal *wal)
{
    raft_wal_state state;
    memset(&state, 0xFF, sizeof state);
    EXPECT_OK(raft_wal_get_state(wal, &state, &error));
    return state;
}

/* Changes a byte of a file of the store; the file is the first whose name ends like this. */
static void flip(const char *suffix, long offset)
{
    char command[512];
    snprintf(command, sizeof command, "ls %s/*%s | head -n 1", path, suffix);
    FILE *list = popen(command, "r");
    char name[512] = "";
    EXPECT(list && fscanf(list, "%511s", name) == 1);
    if (list) pclose(list);
    int file = open(name, O_RDWR);
    char byte = 0;
    EXPECT(file >= 0 && pread(file, &byte, 1, offset) == 1);
    byte ^= 0x40;
    EXPECT(syscall(SYS_pwrite64, file, &byte, 1, offset) == 1);
    close(file);
}

/* ---- tests ---- */

static void layout_is_what_version_one_has(void)
{
    _Static_assert(sizeof(raft_wal_error) == 1024, "raft_wal_error");
    _Static_assert(offsetof(raft_wal_error, message) == 64, "raft_wal_error.message");
    _Static_assert(sizeof(raft_wal_options) == 40, "raft_wal_options");
    _Static_assert(sizeof(raft_wal_state) == 72, "raft_wal_state");
    _Static_assert(sizeof(raft_wal_batch) == 80, "raft_wal_batch");
    _Static_assert(sizeof(raft_wal_metadata_change) == 40, "raft_wal_metadata_change");
    _Static_assert(sizeof(raft_wal_recovery) == 32, "raft_wal_recovery");
    _Static_assert(sizeof(raft_wal_buffer) == 24, "raft_wal_buffer");
    _Static_assert(RAFT_WAL_INVALID_ARGUMENT == 19, "the codes");
    EXPECT(raft_wal_abi_version() == RAFT_WAL_ABI_VERSION);
}

static void codes_have_names(void)
{
    EXPECT(strcmp(raft_wal_code_name(RAFT_WAL_OK), "ok") == 0);
    EXPECT(strcmp(raft_wal_code_name(RAFT_WAL_NOT_CONTIGUOUS), "notContiguous") == 0);
    for (int code = 1; code <= RAFT_WAL_INVALID_ARGUMENT; code++)
        EXPECT(strcmp(raft_wal_code_name(code), "unknown") != 0);
    EXPECT(strcmp(raft_wal_code_name(-1), "unknown") == 0);
    EXPECT(strcmp(raft_wal_code_name(RAFT_WAL_INVALID_ARGUMENT + 1), "unknown") == 0);
}

static void entries_come_back_as_they_were_written(void)
{
    raft_wal *wal = open_with(0);
    uint8_t bytes[256];
    size_t size = frame(bytes, 5, 2, 0, "one", 3);
    size += frame(bytes + size, 6, 2, 255, "", 0);
    size += frame(bytes + size, 7, 4, 9, "three", 5);
    EXPECT_OK(raft_wal_append(wal, bytes, size, &error));
    raft_wal_buffer buffer = RAFT_WAL_BUFFER_INIT;
    uint64_t next = 0, term = 0;
    EXPECT_OK(raft_wal_read(wal, 5, UINT64_MAX, 0, &buffer, &next, &error));
    EXPECT(buffer.byte_count == size && memcmp(buffer.bytes, bytes, size) == 0);
    EXPECT(next == 8);
    EXPECT_OK(raft_wal_read(wal, 5, 8, 4, &buffer, &next, &error));
    EXPECT(next == 7 && buffer.byte_count == 25 + 22);
    EXPECT_OK(raft_wal_read(wal, 8, 20, 0, &buffer, &next, &error));
    EXPECT(next == 8 && buffer.byte_count == 0);
    EXPECT_OK(raft_wal_read(wal, 6, 7, 0, &buffer, NULL, &error));
    EXPECT(buffer.byte_count == 22);
    EXPECT_OK(raft_wal_get(wal, 7, &buffer, &error));
    EXPECT(buffer.byte_count == 27 && take(buffer.bytes, 8) == 7 && take(buffer.bytes + 8, 8) == 4);
    EXPECT(take(buffer.bytes + 16, 2) == 9 && memcmp(buffer.bytes + 22, "three", 5) == 0);
    EXPECT_OK(raft_wal_get_term(wal, 5, &term, &error));
    EXPECT(term == 2);
    close_and_free(wal);
    wal = open_with(RAFT_WAL_OPEN_VERIFY);
    EXPECT_OK(raft_wal_read(wal, 5, 8, 0, &buffer, &next, &error));
    EXPECT(buffer.byte_count == size && memcmp(buffer.bytes, bytes, size) == 0);
    close_and_free(wal);
    raft_wal_buffer_free(&buffer);
    EXPECT(buffer.bytes == NULL && buffer.capacity == 0);
}

static void state_says_where_the_log_begins_and_ends(void)
{
    raft_wal *wal = open_with(0);
    raft_wal_state state = state_of(wal);
    EXPECT(state.parts == 0 && state.first == 0 && state.last.index == 0 && state.next == 0);
    for (uint64_t i = 1; i <= 9; i++) EXPECT_OK(append_one(wal, i, i));
    state = state_of(wal);
    EXPECT(state.parts == (RAFT_WAL_HAS_ENTRIES | RAFT_WAL_HAS_LAST | RAFT_WAL_HAS_NEXT));
    EXPECT(state.first == 1 && state.last.index == 9 && state.last.term == 9 && state.next == 10);
    EXPECT_OK(raft_wal_sync(wal, &error));
    state = state_of(wal);
    EXPECT((state.parts & RAFT_WAL_HAS_DURABLE) && state.durable.index == 9);
    raft_wal_position through = { 4, 4 };
    EXPECT_OK(raft_wal_compact(wal, through, &error));
    EXPECT_OK(raft_wal_truncate(wal, 8, &error));
    state = state_of(wal);
    EXPECT((state.parts & RAFT_WAL_HAS_COMPACTED) && state.compacted.index == 4);
    EXPECT(state.first == 5 && state.last.index == 7 && state.last.term == 7);
    uint64_t term = 0;
    EXPECT_OK(raft_wal_get_term(wal, 4, &term, &error));
    EXPECT(term == 4);
    raft_wal_position to = { 100, 50 };
    EXPECT_OK(raft_wal_reset(wal, &to, &error));
    state = state_of(wal);
    EXPECT(!(state.parts & RAFT_WAL_HAS_ENTRIES) && state.next == 101);
    EXPECT(state.compacted.index == 100 && state.last.index == 100 && state.last.term == 50);
    EXPECT_OK(raft_wal_reset(wal, NULL, &error));
    EXPECT(state_of(wal).parts == 0);
    close_and_free(wal);
}

static void metadata_is_set_read_and_removed(void)
{
    raft_wal *wal = open_with(0);
    raft_wal_buffer value = RAFT_WAL_BUFFER_INIT;
    uint32_t found = 7;
    EXPECT_OK(raft_wal_get_metadata(wal, "term", 4, &value, &found, &error));
    EXPECT(found == 0);
    EXPECT_OK(raft_wal_set_metadata(wal, "term", 4, "\1\0\2", 3, &error));
    EXPECT_OK(raft_wal_set_metadata(wal, "empty", 5, NULL, 0, &error));
    close_and_free(wal);
    wal = open_with(0);
    EXPECT_OK(raft_wal_get_metadata(wal, "term", 4, &value, &found, &error));
    EXPECT(found == 1 && value.byte_count == 3 && memcmp(value.bytes, "\1\0\2", 3) == 0);
    EXPECT_OK(raft_wal_get_metadata(wal, "empty", 5, &value, &found, &error));
    EXPECT(found == 1 && value.byte_count == 0);
    EXPECT_OK(raft_wal_remove_metadata(wal, "term", 4, &error));
    EXPECT_OK(raft_wal_get_metadata(wal, "term", 4, &value, &found, &error));
    EXPECT(found == 0);
    close_and_free(wal);
    raft_wal_buffer_free(&value);
}

static void batch_is_one_unit_in_its_order(void)
{
    raft_wal *wal = store_with_entries(1, 10);
    uint8_t bytes[128];
    raft_wal_metadata_change changes[] = {
        { "vote", 4, "me", 2, 0, 0 }, { "gone", 4, NULL, 0, 1, 0 }, { "vote", 4, "you", 3, 0, 0 },
    };
    raft_wal_batch batch = { .struct_size = sizeof batch };
    batch.flags = RAFT_WAL_BATCH_TRUNCATE | RAFT_WAL_BATCH_COMPACT;
    batch.truncate_from = 8;
    batch.compact_through = (raft_wal_position){ 2, 3 };
    batch.entries = bytes;
    batch.entries_byte_count = frame(bytes, 8, 5, 0, "new", 3);
    batch.metadata = changes;
    batch.metadata_count = 3;
    EXPECT_OK(raft_wal_write(wal, &batch, &error));
    raft_wal_state state = state_of(wal);
    EXPECT(state.first == 3 && state.last.index == 8 && state.last.term == 5);
    raft_wal_buffer value = RAFT_WAL_BUFFER_INIT;
    uint32_t found = 0;
    EXPECT_OK(raft_wal_get_metadata(wal, "vote", 4, &value, &found, &error));
    EXPECT(found == 1 && value.byte_count == 3 && memcmp(value.bytes, "you", 3) == 0);
    /* One part that is refused: nothing is done. */
    batch.compact_through.term = 99;
    batch.truncate_from = 4;
    batch.entries_byte_count = frame(bytes, 4, 5, 0, "new", 3);
    batch.compact_through.index = 3;
    EXPECT_CODE(POSITION_CONFLICT, raft_wal_write(wal, &batch, &error));
    EXPECT(state_of(wal).last.index == 8);
    /* Both ways of a reset. */
    memset(&batch, 0, sizeof batch);
    batch.struct_size = sizeof batch;
    batch.flags = RAFT_WAL_BATCH_RESET;
    batch.reset_to = (raft_wal_position){ 41, 6 };
    batch.entries = bytes;
    batch.entries_byte_count = frame(bytes, 42, 6, 0, "new", 3);
    EXPECT_OK(raft_wal_write(wal, &batch, &error));
    EXPECT(state_of(wal).compacted.index == 41 && state_of(wal).first == 42);
    batch.flags = RAFT_WAL_BATCH_RESET_TO_NOTHING;
    batch.entries_byte_count = frame(bytes, 7, 1, 0, "new", 3);
    EXPECT_OK(raft_wal_write(wal, &batch, &error));
    EXPECT(state_of(wal).first == 7 && !(state_of(wal).parts & RAFT_WAL_HAS_COMPACTED));
    batch.flags |= RAFT_WAL_BATCH_RESET;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(wal, &batch, &error));
    batch.flags = 1 << 20;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(wal, &batch, &error));
    batch.flags = 0;
    batch.struct_size--;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(wal, &batch, &error));
    batch.struct_size++;
    batch.entries = NULL;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(wal, &batch, &error));
    batch.entries_byte_count = 0;
    EXPECT_OK(raft_wal_write(wal, &batch, &error));
    batch.metadata_count = 1;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(wal, &batch, &error));
    batch.metadata_count = SIZE_MAX;
    batch.metadata = changes;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(wal, &batch, &error));
    raft_wal_metadata_change both = { "vote", 4, "me", 2, 1, 0 };
    batch.metadata = &both;
    batch.metadata_count = 1;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(wal, &batch, &error));
    close_and_free(wal);
    raft_wal_buffer_free(&value);
}

static void malformed_entries_are_refused(void)
{
    raft_wal *wal = store_with_entries(1, 3);
    uint8_t bytes[128];
    size_t size = frame(bytes, 4, 3, 0, "four", 4);
    for (size_t cut = 1; cut < size; cut++)
        EXPECT_CODE(INVALID_ARGUMENT, raft_wal_append(wal, bytes, cut, &error));
    /* A good one before a bad one is not appended. */
    memset(bytes + size, 0xFF, 22);
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_append(wal, bytes, size + 22, &error));
    put(bytes + 18, UINT32_MAX, 4);
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_append(wal, bytes, size, &error));
    EXPECT_CODE(INVALID_ARGUMENT,
        raft_wal_append(wal, bytes, frame(bytes, 4, 3, 256, "four", 4), &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_append(wal, bytes, SIZE_MAX, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_append(wal, NULL, 1, &error));
    EXPECT_OK(raft_wal_append(wal, NULL, 0, &error));
    EXPECT(state_of(wal).last.index == 3);
    EXPECT_OK(append_one(wal, 4, 3));
    close_and_free(wal);
}

static void null_and_nonsense_are_refused(void)
{
    raft_wal *wal = (raft_wal *)&path;
    raft_wal_options options = RAFT_WAL_OPTIONS_INIT;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(NULL, NULL, &wal, &error));
    EXPECT(wal == NULL);
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open("", NULL, &wal, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open("\xFF/x", NULL, &wal, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(path, NULL, NULL, &error));
    options.struct_size = 4;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(path, &options, &wal, &error));
    options.struct_size = sizeof options;
    options.backend = 2;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(path, &options, &wal, &error));
    options.backend = 0;
    options.flags = 64;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(path, &options, &wal, &error));
    options.flags = 0;
    options.maximum_segment_byte_count = 1;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(path, &options, &wal, &error));
    options.maximum_segment_byte_count = UINT64_MAX;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(path, &options, &wal, &error));

    raft_wal_position position = { 1, 1 };
    raft_wal_batch batch = { .struct_size = sizeof batch };
    raft_wal_buffer buffer = RAFT_WAL_BUFFER_INIT;
    uint32_t found;
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_append(NULL, "", 0, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_truncate(NULL, 1, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_compact(NULL, position, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_reset(NULL, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(NULL, &batch, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_set_metadata(NULL, "k", 1, "v", 1, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_remove_metadata(NULL, "k", 1, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_flush(NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_sync(NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_close(NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_state(NULL, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_recovery(NULL, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_term(NULL, 1, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get(NULL, 1, &buffer, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_read(NULL, 1, 2, 0, &buffer, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_metadata(NULL, "k", 1, &buffer, &found, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_verify(NULL, NULL, NULL, &error));
    raft_wal_free(NULL);
    raft_wal_buffer_free(NULL);

    wal = store_with_entries(1, 3);
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_write(wal, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_state(wal, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_recovery(wal, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_term(wal, 1, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get(wal, 1, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_read(wal, 1, 2, 0, NULL, NULL, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_set_metadata(wal, NULL, 1, "v", 1, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_set_metadata(wal, "", 0, "v", 1, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_set_metadata(wal, "\xFF", 1, "v", 1, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_set_metadata(wal, "k", SIZE_MAX, "v", 1, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_set_metadata(wal, "k", 1, NULL, 1, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_metadata(wal, "k", 1, NULL, &found, &error));
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_get_metadata(wal, "k", 1, &buffer, NULL, &error));
    /* Without a place for the error, the code is enough. */
    EXPECT(raft_wal_truncate(NULL, 1, NULL) == RAFT_WAL_INVALID_ARGUMENT);
    EXPECT(raft_wal_get(wal, 9, &buffer, NULL) == RAFT_WAL_UNAVAILABLE);
    close_and_free(wal);
    raft_wal_buffer_free(&buffer);
}

static void closed_handle_says_so(void)
{
    raft_wal *wal = store_with_entries(1, 3);
    raft_wal_state state;
    raft_wal_recovery recovery;
    raft_wal_position position = { 1, 3 };
    raft_wal_batch batch = { .struct_size = sizeof batch, .flags = RAFT_WAL_BATCH_TRUNCATE };
    raft_wal_buffer buffer = RAFT_WAL_BUFFER_INIT;
    uint64_t term;
    uint32_t found;
    EXPECT_OK(raft_wal_close(wal, &error));
    EXPECT_OK(raft_wal_close(wal, &error));
    EXPECT_CODE(CLOSED, append_one(wal, 4, 3));
    EXPECT_CODE(CLOSED, raft_wal_truncate(wal, 2, &error));
    EXPECT_CODE(CLOSED, raft_wal_compact(wal, position, &error));
    EXPECT_CODE(CLOSED, raft_wal_reset(wal, NULL, &error));
    EXPECT_CODE(CLOSED, raft_wal_write(wal, &batch, &error));
    EXPECT_CODE(CLOSED, raft_wal_set_metadata(wal, "k", 1, "v", 1, &error));
    EXPECT_CODE(CLOSED, raft_wal_remove_metadata(wal, "k", 1, &error));
    EXPECT_CODE(CLOSED, raft_wal_flush(wal, &error));
    EXPECT_CODE(CLOSED, raft_wal_sync(wal, &error));
    EXPECT_CODE(CLOSED, raft_wal_get_state(wal, &state, &error));
    EXPECT_CODE(CLOSED, raft_wal_get_term(wal, 1, &term, &error));
    EXPECT_CODE(CLOSED, raft_wal_get(wal, 1, &buffer, &error));
    EXPECT_CODE(CLOSED, raft_wal_read(wal, 1, 2, 0, &buffer, NULL, &error));
    EXPECT_CODE(CLOSED, raft_wal_get_metadata(wal, "k", 1, &buffer, &found, &error));
    EXPECT_OK(raft_wal_get_recovery(wal, &recovery, &error));
    raft_wal_free(wal);
    raft_wal_buffer_free(&buffer);
}

static void every_refusal_has_its_code(void)
{
    raft_wal *wal = store_with_entries(1, 9), *second;
    raft_wal_position position = { 4, 3 };
    raft_wal_buffer buffer = RAFT_WAL_BUFFER_INIT;
    uint64_t next;
    EXPECT_CODE(LOCKED, raft_wal_open(path, NULL, &second, &error));
    EXPECT(second == NULL);
    EXPECT_OK(raft_wal_compact(wal, position, &error));
    EXPECT_CODE(COMPACTED, raft_wal_get(wal, 4, &buffer, &error));
    EXPECT_CODE(COMPACTED, raft_wal_read(wal, 1, 9, 0, &buffer, &next, &error));
    EXPECT_CODE(COMPACTED, raft_wal_truncate(wal, 4, &error));
    EXPECT_CODE(UNAVAILABLE, raft_wal_get(wal, 10, &buffer, &error));
    EXPECT_CODE(INVALID_RANGE, raft_wal_read(wal, 7, 6, 0, &buffer, &next, &error));
    raft_wal_code code = append_one(wal, 11, 3);
    EXPECT(error.details == (RAFT_WAL_HAS_INDEX | RAFT_WAL_HAS_EXPECTED | RAFT_WAL_HAS_FOUND));
    EXPECT(error.index == 11 && error.expected == 10 && error.found == 11 && error.limit == 0);
    EXPECT(error.system_error == 0);
    EXPECT_CODE(NOT_CONTIGUOUS, code);
    EXPECT_CODE(TERM_REGRESSION, append_one(wal, 10, 2));
    EXPECT_CODE(INDEX_OUT_OF_RANGE, append_one(wal, UINT64_MAX, 3));
    position = (raft_wal_position){ 6, 9 };
    EXPECT_CODE(POSITION_CONFLICT, raft_wal_compact(wal, position, &error));
    EXPECT(state_of(wal).first == 5 && state_of(wal).last.index == 9);

    char key[256];
    memset(key, 'k', sizeof key);
    EXPECT_CODE(METADATA_TOO_LARGE, raft_wal_set_metadata(wal, key, 256, "v", 1, &error));
    EXPECT_OK(raft_wal_set_metadata(wal, key, 255, "v", 1, &error));

    /* One entry of 64 MiB and a byte; five of just less. Zeros that are never touched. */
    size_t limit = 64u << 20;
    uint8_t *large = calloc(5, limit);
    frame(large, 10, 3, 0, NULL, 0), put(large + 18, limit + 1, 4);
    code = raft_wal_append(wal, large, 22 + limit + 1, &error);
    EXPECT((error.details & RAFT_WAL_HAS_LIMIT) && error.limit == limit);
    EXPECT_CODE(ENTRY_TOO_LARGE, code);
    for (int i = 0; i < 5; i++) {
        uint8_t *place = large + (size_t)i * limit;
        frame(place, 10 + i, 3, 0, NULL, 0), put(place + 18, limit - 22, 4);
    }
    EXPECT_CODE(BATCH_TOO_LARGE, raft_wal_append(wal, large, 5 * limit, &error));
    free(large);
    EXPECT_OK(append_one(wal, 10, 3));
    close_and_free(wal);

    wal = open_with(RAFT_WAL_OPEN_READ_ONLY);
    EXPECT_CODE(READ_ONLY, append_one(wal, 11, 3));
    EXPECT_OK(raft_wal_get(wal, 10, &buffer, &error));
    close_and_free(wal);
    raft_wal_buffer_free(&buffer);
}

static void missing_store_is_not_created_for_reading(void)
{
    raft_wal_options options = RAFT_WAL_OPTIONS_INIT;
    raft_wal *wal;
    options.flags = RAFT_WAL_OPEN_READ_ONLY;
    EXPECT_CODE(UNAVAILABLE, raft_wal_open(path, &options, &wal, &error));
    EXPECT(wal == NULL && access(path, F_OK) != 0);
    EXPECT_CODE(UNAVAILABLE, raft_wal_verify(path, NULL, NULL, &error));
}

static void failed_write_loses_nothing(void)
{
    raft_wal *wal = store_with_entries(1, 3);
    EXPECT_OK(raft_wal_sync(wal, &error));
    EXPECT_OK(append_one(wal, 4, 3));
    write_failure = ENOSPC;
    raft_wal_code code = raft_wal_flush(wal, &error);
    EXPECT(error.system_error == ENOSPC);
    EXPECT_CODE(NO_SPACE, code);
    write_failure = EIO;
    code = raft_wal_sync(wal, &error);
    EXPECT(error.system_error == EIO);
    EXPECT_CODE(IO, code);
    write_failure = 0;
    EXPECT_OK(raft_wal_sync(wal, &error));
    EXPECT(state_of(wal).durable.index == 4);
    close_and_free(wal);
}

static void failed_sync_poisons(void)
{
    raft_wal *wal = store_with_entries(1, 3);
    raft_wal_buffer buffer = RAFT_WAL_BUFFER_INIT;
    sync_failure = EIO;
    raft_wal_code code = raft_wal_sync(wal, &error);
    EXPECT(error.system_error == EIO);
    EXPECT_CODE(POISONED, code);
    sync_failure = 0;
    EXPECT_CODE(POISONED, raft_wal_sync(wal, &error));
    EXPECT_CODE(POISONED, append_one(wal, 4, 3));
    EXPECT_OK(raft_wal_get(wal, 3, &buffer, &error));
    EXPECT_CODE(POISONED, raft_wal_close(wal, &error));
    raft_wal_free(wal);
    wal = open_with(0);
    EXPECT_OK(append_one(wal, 4, 3));
    close_and_free(wal);
    raft_wal_buffer_free(&buffer);
}

static void damage_is_refused_and_listed(void)
{
    close_and_free(store_with_entries(1, 200));
    uint64_t count = 9;
    raft_wal_buffer report = RAFT_WAL_BUFFER_INIT;
    EXPECT_OK(raft_wal_verify(path, &count, &report, &error));
    EXPECT(count == 0 && report.byte_count == 0);
    flip(".wal", 8000);
    EXPECT_OK(raft_wal_verify(path, &count, &report, &error));
    EXPECT(count >= 1 && report.byte_count > 10 && report.bytes[report.byte_count - 1] == '\n');
    EXPECT_OK(raft_wal_verify(path, NULL, NULL, &error));
    raft_wal_options options = RAFT_WAL_OPTIONS_INIT;
    raft_wal *wal;
    options.flags = RAFT_WAL_OPEN_VERIFY;
    raft_wal_code code = raft_wal_open(path, &options, &wal, &error);
    EXPECT(error.details & RAFT_WAL_HAS_BYTE_OFFSET);
    EXPECT_CODE(CORRUPT, code);
    EXPECT(wal == NULL);
    /* Opened without looking, it is found when it is read: all that was asked for, or nothing. */
    wal = open_with(0);
    EXPECT_CODE(CORRUPT, raft_wal_read(wal, 1, 201, 0, &report, NULL, &error));
    EXPECT(report.byte_count == 0);
    close_and_free(wal);
    raft_wal_buffer_free(&report);
}

/* What the other process does in the next test. */
static int write_and_die(void)
{
    raft_wal *wal = open_with(0);
    for (uint64_t i = 1; i <= 200; i++) {
        EXPECT_OK(append_one(wal, i, 3));
        if (i % 100 == 0) EXPECT_OK(raft_wal_sync(wal, &error));
    }
    _exit(failure_count > 0);
}

static void loss_is_only_accepted_by_who_says_so(void)
{
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "abi_test", "write-and-die", path, NULL);
        _exit(127);
    }
    int status = -1;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    flip(".wal", 8000);
    raft_wal_options options = RAFT_WAL_OPTIONS_INIT;
    raft_wal *wal;
    EXPECT_CODE(CORRUPT, raft_wal_open(path, &options, &wal, &error));
    options.flags = RAFT_WAL_OPEN_ACCEPT_LOSS;
    options.accept_loss_from = 201;
    EXPECT_CODE(CORRUPT, raft_wal_open(path, &options, &wal, &error));
    options.accept_loss_from = 2;
    EXPECT_OK(raft_wal_open(path, &options, &wal, &error));
    uint64_t last = state_of(wal).last.index;
    EXPECT(last > 1 && last < 200);
    raft_wal_recovery recovery;
    EXPECT_OK(raft_wal_get_recovery(wal, &recovery, &error));
    EXPECT(recovery.must_catch_up_before_voting == 1 && recovery.stopped_cleanly == 0);
    EXPECT(recovery.entry_count == last && recovery.torn_byte_count > 0);
    close_and_free(wal);
}

static void other_versions_are_not_touched(void)
{
    close_and_free(store_with_entries(1, 3));
    flip("STORE", 8);
    raft_wal *wal;
    EXPECT_CODE(UNSUPPORTED_FORMAT, raft_wal_open(path, NULL, &wal, &error));
    EXPECT_CODE(UNSUPPORTED_FORMAT, raft_wal_verify(path, NULL, NULL, &error));
    flip("STORE", 8);
    close_and_free(open_with(0));
}

static void recovery_says_how_the_last_writer_stopped(void)
{
    raft_wal_recovery recovery;
    raft_wal *wal = store_with_entries(1, 3);
    close_and_free(wal);
    wal = open_with(0);
    EXPECT_OK(raft_wal_get_recovery(wal, &recovery, &error));
    EXPECT(recovery.stopped_cleanly == 1 && recovery.must_catch_up_before_voting == 0);
    EXPECT(recovery.entry_count == 3 && recovery.torn_byte_count == 0);
    EXPECT(recovery.duration_nanoseconds > 0);
    EXPECT_OK(append_one(wal, 4, 3));
    /* Freed without being closed: closed all the same. */
    raft_wal_free(wal);
    wal = open_with(0);
    EXPECT(state_of(wal).last.index == 4);
    close_and_free(wal);
}

static void message_is_cut_between_characters(void)
{
    /* A path so long that the message is longer than its place, of characters of two bytes. */
    char name[4096];
    raft_wal *wal;
    for (int odd = 0; odd < 2; odd++) {
        int used = snprintf(name, sizeof name, "%s/%s", path, odd ? "x" : "");
        for (int i = 0; i < 1000; i++) memcpy(name + used + 2 * i, "\xC3\xA4", 2);
        name[used + 2000] = 0;
        raft_wal_options options = RAFT_WAL_OPTIONS_INIT;
        options.flags = RAFT_WAL_OPEN_READ_ONLY;
        EXPECT(raft_wal_open(name, &options, &wal, &error) != RAFT_WAL_OK);
        size_t length = strnlen(error.message, sizeof error.message);
        EXPECT(length == sizeof error.message - 1 || length == sizeof error.message - 2);
        EXPECT(memcmp(error.message + length - 2, "\xC3\xA4", 2) == 0);
    }
}

static void lmdb_is_there_if_it_was_built_in(void)
{
    raft_wal_options options = RAFT_WAL_OPTIONS_INIT;
    raft_wal *wal;
    options.backend = RAFT_WAL_LMDB;
    if (!library_has_lmdb) {
        EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(path, &options, &wal, &error));
        return;
    }
    EXPECT_OK(raft_wal_open(path, &options, &wal, &error));
    for (uint64_t i = 1; i <= 9; i++) EXPECT_OK(append_one(wal, i, 3));
    EXPECT_OK(raft_wal_sync(wal, &error));
    EXPECT(state_of(wal).durable.index == 9);
    close_and_free(wal);
    EXPECT_CODE(INVALID_ARGUMENT, raft_wal_open(path, NULL, &wal, &error));
}

/* ---- threads ---- */

enum { syncer_count = 6, rounds = 150 };

static raft_wal *shared;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static uint64_t next_index;
static _Atomic int wrong, is_over;

/* Appends in turn with the others, and has its own entry durable before the next. */
static void *append_and_sync(void *unused)
{
    (void)unused;
    for (int i = 0; i < rounds; i++) {
        uint8_t bytes[64];
        raft_wal_state state;
        pthread_mutex_lock(&order);
        uint64_t index = next_index++;
        size_t size = frame(bytes, index, 1, 0, &index, 8);
        if (raft_wal_append(shared, bytes, size, NULL) != RAFT_WAL_OK) wrong++;
        pthread_mutex_unlock(&order);
        if (raft_wal_sync(shared, NULL) != RAFT_WAL_OK) wrong++;
        if (raft_wal_get_state(shared, &state, NULL) != RAFT_WAL_OK) wrong++;
        if (state.durable.index < index) wrong++;
    }
    return NULL;
}

/* Reads whatever there is, again and again, until the store is closed. */
static void *read_until_closed(void *unused)
{
    (void)unused;
    raft_wal_buffer buffer = RAFT_WAL_BUFFER_INIT;
    for (uint64_t next = 1;;) {
        uint64_t first = next > 50 ? next - 50 : 1;
        raft_wal_code code = raft_wal_read(shared, first, UINT64_MAX, 4096, &buffer, &next, NULL);
        if (code == RAFT_WAL_CLOSED) break;
        if (code != RAFT_WAL_OK) wrong++;
        for (size_t at = 0; at < buffer.byte_count; at += 30, first++)
            if (take(buffer.bytes + at, 8) != first || take(buffer.bytes + at + 22, 8) != first)
                wrong++;
        if (first != next) wrong++;
    }
    if (!is_over) wrong++;
    raft_wal_buffer_free(&buffer);
    return NULL;
}

static void threads_share_a_handle_and_its_syncs(void)
{
    pthread_t syncers[syncer_count], readers[2];
    shared = open_with(0);
    next_index = 1;
    sync_count = 0;
    for (int i = 0; i < 2; i++) pthread_create(&readers[i], NULL, read_until_closed, NULL);
    for (int i = 0; i < syncer_count; i++)
        pthread_create(&syncers[i], NULL, append_and_sync, NULL);
    for (int i = 0; i < syncer_count; i++) pthread_join(syncers[i], NULL);
    EXPECT(state_of(shared).durable.index == syncer_count * rounds);
    /* Alone, each append costs a sync. */
    EXPECT(sync_count > 0 && sync_count < syncer_count * rounds);
    is_over = 1;
    EXPECT_OK(raft_wal_close(shared, &error));
    for (int i = 0; i < 2; i++) pthread_join(readers[i], NULL);
    EXPECT(wrong == 0);
    raft_wal_free(shared);
}

int main(int argc, char **argv)
{
    static const struct {
        void (*run)(void);
        const char *name;
    } tests[] = {
#define TEST(name) { name, #name }
        TEST(layout_is_what_version_one_has), TEST(codes_have_names),
        TEST(entries_come_back_as_they_were_written),
        TEST(state_says_where_the_log_begins_and_ends), TEST(metadata_is_set_read_and_removed),
        TEST(batch_is_one_unit_in_its_order), TEST(malformed_entries_are_refused),
        TEST(null_and_nonsense_are_refused), TEST(closed_handle_says_so),
        TEST(every_refusal_has_its_code), TEST(missing_store_is_not_created_for_reading),
        TEST(failed_write_loses_nothing), TEST(failed_sync_poisons),
        TEST(damage_is_refused_and_listed), TEST(loss_is_only_accepted_by_who_says_so),
        TEST(other_versions_are_not_touched),
        TEST(recovery_says_how_the_last_writer_stopped),
        TEST(message_is_cut_between_characters), TEST(lmdb_is_there_if_it_was_built_in),
        TEST(threads_share_a_handle_and_its_syncs),
    };
    if (argc > 2 && strcmp(argv[1], "write-and-die") == 0) {
        snprintf(path, sizeof path, "%s", argv[2]);
        return write_and_die();
    }
    library_has_lmdb = argc > 1 && strcmp(argv[1], "lmdb") == 0;
    if (!mkdtemp(root)) return perror(root), 2;
    int failed = 0;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        int before = failure_count;
        test_name = tests[i].name;
        snprintf(path, sizeof path, "%s/%zu", root, i);
        tests[i].run();
        test_count++;
        failed += failure_count > before;
    }
    test_name = "all tests together";
    for (int code = 0; code <= RAFT_WAL_INVALID_ARGUMENT; code++)
        if (!reached[code]) {
            fprintf(stderr, "no test reached the code %s\n", raft_wal_code_name(code));
            failed++;
        }
    remove_tree(root);
    printf("C ABI: %d passed, %d failed\n", test_count - failed, failed);
    return failed ? 1 : 0;
}
