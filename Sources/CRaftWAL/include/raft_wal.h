/*
 * raft_wal.h: a durable log for Raft, for programs in C and in whatever calls C.
 *
 * One handle is one store: a directory that holds the log's entries and a few small values (term,
 * vote). A consensus engine appends, reads back, cuts off the end (a conflict), drops the front (a
 * snapshot), and is told exactly what survives: see "Durability".
 *
 *     raft_wal_error error;
 *     raft_wal *wal;
 *     if (raft_wal_open("/var/lib/app/raft", NULL, &wal, &error) != RAFT_WAL_OK) {
 *         fprintf(stderr, "%s\n", error.message);
 *         return 1;
 *     }
 *
 * Results. Every function that can fail returns a code, RAFT_WAL_OK being 0, and describes the
 * failure in `*error` if `error` is not NULL. A call that fails has changed nothing and may be
 * repeated, unless it says otherwise; what it was to write to other than `*error` is then not
 * meaningful. Null pointers where something is needed, sizes and offsets that make no sense,
 * entries that are not framed as below: all of that is RAFT_WAL_INVALID_ARGUMENT, never a crash. Pointers
 * that point nowhere, and a handle after raft_wal_free(), are beyond what a library can check.
 *
 * Durability. Three levels, each including the one before:
 *
 *     raft_wal_append(), raft_wal_write()   visible to every reader; lost if the process dies
 *     raft_wal_flush()                      survives the death of the process
 *     raft_wal_sync()                       survives the loss of power
 *
 * All changes form one order; after a crash the log is the result of a prefix of it that contains
 * everything a sync has covered. A reply to another node has to wait for the sync.
 *
 * Threads. A handle may be used by any number of threads at once. Reads run beside each other and
 * beside writes, and see a write as soon as its call has returned. Writes are carried out one after
 * the other; who orders entries, orders the calls. While one thread waits in raft_wal_sync(), others
 * append, and several threads that sync at once share one disk flush. The library starts no thread
 * that calls back, and keeps no pointer that it was given.
 *
 * Entries, given or got, are one flat buffer of records behind each other, without padding, all
 * integers little-endian:
 *
 *     offset  size  field
 *     0       8     index
 *     8       8     term
 *     16      2     kind: the engine's own code, 0 to 255; 0 is a command
 *     18      4     byte count of the payload
 *     22            the payload
 *
 * A call costs a few nanoseconds from C and tens from a language with a runtime: pass many entries
 * at a time.
 *
 * Compatibility. Functions, values and structures of this version stay; additions raise
 * RAFT_WAL_ABI_VERSION. Structures that may grow start with their size.
 */
#ifndef RAFT_WAL_H
#define RAFT_WAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; raft_wal_abi_version() is the library's. */
#define RAFT_WAL_ABI_VERSION 1

/* What a function returns: 0, or why it did nothing. */
typedef int32_t raft_wal_code;

enum {
    /* It worked. */
    RAFT_WAL_OK = 0,
    /* raft_wal_close() was called; open the store again. */
    RAFT_WAL_CLOSED = 1,
    /* Another process, or another handle in this one, owns the directory. */
    RAFT_WAL_LOCKED = 2,
    /* The store was opened, or the directory can only be used, for reading. */
    RAFT_WAL_READ_ONLY = 3,
    /* A sync failed: what reached the disk is unknown until the store is opened again. */
    RAFT_WAL_POISONED = 4,
    /* Bytes that were acknowledged are damaged or missing. */
    RAFT_WAL_CORRUPT = 5,
    /* The directory was written by a newer version or with an unknown feature. */
    RAFT_WAL_UNSUPPORTED_FORMAT = 6,
    /* The entry was there and was dropped; `expected` is the first that can be read, if any. */
    RAFT_WAL_COMPACTED = 7,
    /* The entry was not written yet, or there is no store. `expected` is the next index. */
    RAFT_WAL_UNAVAILABLE = 8,
    /* An append that would leave a hole or overwrite; `expected` is the next index. */
    RAFT_WAL_NOT_CONTIGUOUS = 9,
    /* An append whose term is lower than its predecessor's. */
    RAFT_WAL_TERM_REGRESSION = 10,
    /* An index below the store's minimum (0), or UINT64_MAX. */
    RAFT_WAL_INDEX_OUT_OF_RANGE = 11,
    /* A payload longer than the store takes; `limit` is the limit. */
    RAFT_WAL_ENTRY_TOO_LARGE = 12,
    /* A batch larger than the store takes; `limit` is the limit. */
    RAFT_WAL_BATCH_TOO_LARGE = 13,
    /* A metadata key or value, or all of them together, longer than the store takes. */
    RAFT_WAL_METADATA_TOO_LARGE = 14,
    /* A range that runs backwards. */
    RAFT_WAL_INVALID_RANGE = 15,
    /* A compaction position whose term differs from the entry's. */
    RAFT_WAL_POSITION_CONFLICT = 16,
    /* The disk or the quota is full; free some space and repeat the call. */
    RAFT_WAL_NO_SPACE = 17,
    /* A system call failed; `system_error` is its errno. */
    RAFT_WAL_IO = 18,
    /* An argument or option that makes no sense. */
    RAFT_WAL_INVALID_ARGUMENT = 19
};

/* Which of the details of an error are there. */
enum {
    RAFT_WAL_HAS_INDEX = 1,
    RAFT_WAL_HAS_TERM = 2,
    RAFT_WAL_HAS_EXPECTED = 4,
    RAFT_WAL_HAS_FOUND = 8,
    RAFT_WAL_HAS_LIMIT = 16,
    RAFT_WAL_HAS_BYTE_OFFSET = 32
};

/*
 * A failure, in memory of the caller: nothing to initialise, nothing to free. Written only by a
 * call that fails.
 */
typedef struct raft_wal_error {
    /* What the function returned: what a program switches on. */
    raft_wal_code code;
    /* The errno of the system call that failed; 0 if none did. */
    int32_t system_error;
    /* Which of the following six are there: RAFT_WAL_HAS_...; the others are 0. */
    uint32_t details;
    uint32_t reserved;
    /* The log index and the term concerned. */
    uint64_t index;
    uint64_t term;
    /* What would have been right, and what was there instead. */
    uint64_t expected;
    uint64_t found;
    /* The limit that was exceeded, in bytes or as an index. */
    uint64_t limit;
    /* Where in the file that the message names. */
    uint64_t byte_offset;
    /* What happened and what to do about it, in UTF-8; cut off if it is longer. */
    char message[960];
} raft_wal_error;

/* A store that is open. */
typedef struct raft_wal raft_wal;

/* The identity of an entry. */
typedef struct raft_wal_position {
    uint64_t index;
    uint64_t term;
} raft_wal_position;

/*
 * Memory of the library that a read fills. Start with RAFT_WAL_BUFFER_INIT (all zero), pass the
 * same buffer again and again, which reuses its memory, and give it to raft_wal_buffer_free() in
 * the end. The bytes stay until the buffer's next use, whatever happens to the store. One thread at a
 * time uses a buffer.
 */
typedef struct raft_wal_buffer {
    uint8_t *bytes;
    size_t byte_count;
    /* The library's own. */
    size_t capacity;
} raft_wal_buffer;

#define RAFT_WAL_BUFFER_INIT { NULL, 0, 0 }

/* The backends. */
enum {
    /* The native log of segment files. */
    RAFT_WAL_SEGMENT = 0,
    /* The baseline on LMDB; only if the library was built with it. */
    RAFT_WAL_LMDB = 1
};

/* How a store is opened; any of them together, as far as it makes sense. */
enum {
    /*
     * Takes no lock, creates and changes nothing, works beside a live writer; writes fail with
     * RAFT_WAL_READ_ONLY, and a directory without a store is RAFT_WAL_UNAVAILABLE.
     */
    RAFT_WAL_OPEN_READ_ONLY = 1,
    /* Reads and checks every byte first and refuses any damage, before anything is changed. */
    RAFT_WAL_OPEN_VERIFY = 2,
    /*
     * Accepts the loss of every entry from `accept_loss_from` on, if that is what it takes to
     * open. What is dropped is kept in the directory's quarantine/.
     */
    RAFT_WAL_OPEN_ACCEPT_LOSS = 4
};

/* How to open a store. All zero but the size is the default: segments, to be written. */
typedef struct raft_wal_options {
    /* sizeof(raft_wal_options), so that the structure can grow. */
    uint32_t struct_size;
    /* RAFT_WAL_SEGMENT or RAFT_WAL_LMDB. */
    uint32_t backend;
    /* RAFT_WAL_OPEN_... */
    uint32_t flags;
    uint32_t reserved;
    /* The first index whose loss is accepted; only with RAFT_WAL_OPEN_ACCEPT_LOSS. */
    uint64_t accept_loss_from;
    /* The largest segment, from 8 KiB to 1 GiB; 0 for the library's choice. */
    uint64_t maximum_segment_byte_count;
    /* The memory for recent entries; 0 for the library's choice. */
    uint64_t cache_byte_count;
} raft_wal_options;

#define RAFT_WAL_OPTIONS_INIT { sizeof(raft_wal_options), 0, 0, 0, 0, 0, 0 }

/* Which parts of a state are there. */
enum {
    RAFT_WAL_HAS_COMPACTED = 1,
    /* The log holds entries: `first` is there. */
    RAFT_WAL_HAS_ENTRIES = 2,
    RAFT_WAL_HAS_LAST = 4,
    RAFT_WAL_HAS_DURABLE = 8,
    RAFT_WAL_HAS_NEXT = 16
};

/* Where a log begins and ends, at one moment. What is not there is 0. */
typedef struct raft_wal_state {
    /* Which of the following are there: RAFT_WAL_HAS_... */
    uint32_t parts;
    uint32_t reserved;
    /* The greatest position that was ever dropped from the front. */
    raft_wal_position compacted;
    /* The first entry. */
    uint64_t first;
    /* The last entry; the compacted position if there are no entries. */
    raft_wal_position last;
    /* The greatest position that is known to be on stable storage. */
    raft_wal_position durable;
    /* The only index that the next append may have; if it is not there, any. */
    uint64_t next;
} raft_wal_state;

/* What a batch does. */
enum {
    /* Drops every entry first and continues after `reset_to`: a snapshot was installed. */
    RAFT_WAL_BATCH_RESET = 1,
    /* Drops every entry first and makes the log as if it had never been written. */
    RAFT_WAL_BATCH_RESET_TO_NOTHING = 2,
    /* Drops the entry `truncate_from` and everything after it. */
    RAFT_WAL_BATCH_TRUNCATE = 4,
    /* Drops everything up to and including `compact_through`. */
    RAFT_WAL_BATCH_COMPACT = 8
};

/* A change of a metadata value. */
typedef struct raft_wal_metadata_change {
    /* 1 to 255 bytes of UTF-8. */
    const char *key;
    size_t key_byte_count;
    /* The new value; NULL with a byte count of 0 is an empty one. */
    const void *value;
    size_t value_byte_count;
    /* Not 0: the key is removed, and there is no value. */
    uint32_t removes;
    uint32_t reserved;
} raft_wal_metadata_change;

/*
 * Changes that are applied as one unit, all or nothing, across a crash, too. Whatever is asked for
 * is done in this order: reset, truncate, append, compact, metadata.
 */
typedef struct raft_wal_batch {
    /* sizeof(raft_wal_batch), so that the structure can grow. */
    uint32_t struct_size;
    /* RAFT_WAL_BATCH_...; appends and metadata need no flag. */
    uint32_t flags;
    raft_wal_position reset_to;
    uint64_t truncate_from;
    /* Entries to append, framed as described above. */
    const void *entries;
    size_t entries_byte_count;
    raft_wal_position compact_through;
    /* The last change of a key wins. */
    const raft_wal_metadata_change *metadata;
    size_t metadata_count;
} raft_wal_batch;

/* What opening a store found. */
typedef struct raft_wal_recovery {
    /* Not 0 if the last writer closed the store. */
    uint32_t stopped_cleanly;
    /*
     * Not 0 if something acknowledged may be gone that a vote depends on: the replica should not
     * vote before a leader has brought it up to date.
     */
    uint32_t must_catch_up_before_voting;
    /* The entries present. */
    uint64_t entry_count;
    /* The bytes that were cut from the end, as never acknowledged. */
    uint64_t torn_byte_count;
    uint64_t duration_nanoseconds;
} raft_wal_recovery;

/* The RAFT_WAL_ABI_VERSION that the library was built with. It is not lower than a caller's. */
uint32_t raft_wal_abi_version(void);

/* The name of a code, such as "notContiguous"; "ok" for 0, "unknown" for what is none. */
const char *raft_wal_code_name(raft_wal_code code);

/*
 * Opens the store in a directory, and creates both unless told otherwise.
 *
 * path     in UTF-8
 * options  NULL for the defaults
 * wal      receives the handle; NULL if the call fails
 *
 * Fails with LOCKED, CORRUPT, UNSUPPORTED_FORMAT, UNAVAILABLE (read-only, and there is no store),
 * READ_ONLY, NO_SPACE, IO, INVALID_ARGUMENT (another backend's store is there, among others).
 */
raft_wal_code raft_wal_open(
    const char *path, const raft_wal_options *options, raft_wal **wal, raft_wal_error *error);

/*
 * Makes everything durable and gives the directory up. Waits for the calls that other threads are
 * in. From then on every call returns RAFT_WAL_CLOSED, but for this one, which does nothing. The
 * directory is given up even if the sync fails.
 *
 * Fails with what raft_wal_sync() fails with.
 */
raft_wal_code raft_wal_close(raft_wal *wal, raft_wal_error *error);

/*
 * Frees the handle; closes the store first if that was not done. No other call may be under way or
 * follow. NULL is fine.
 */
void raft_wal_free(raft_wal *wal);

/*
 * Appends entries as one unit. They are visible at once and durable after the next sync.
 *
 * entries     one or more, framed as described above; they are copied
 * byte_count  0 does nothing
 *
 * Fails with NOT_CONTIGUOUS, COMPACTED, TERM_REGRESSION, INDEX_OUT_OF_RANGE, ENTRY_TOO_LARGE,
 * BATCH_TOO_LARGE; NO_SPACE, IO, POISONED, READ_ONLY, CLOSED; INVALID_ARGUMENT if the bytes are no
 * entries.
 */
raft_wal_code raft_wal_append(
    raft_wal *wal, const void *entries, size_t byte_count, raft_wal_error *error);

/*
 * Drops the entry at `from` and everything after it: a conflict. Beyond the end it does nothing.
 *
 * Fails with COMPACTED at or below the compacted position; else as raft_wal_append().
 */
raft_wal_code raft_wal_truncate(raft_wal *wal, uint64_t from, raft_wal_error *error);

/*
 * Drops everything up to and including `through`, which a snapshot covers. Beyond the end of the
 * log it drops all entries, and the log continues after `through`.
 *
 * Fails with POSITION_CONFLICT if the entry there has another term; else as raft_wal_append().
 */
raft_wal_code raft_wal_compact(
    raft_wal *wal, raft_wal_position through, raft_wal_error *error);

/*
 * Drops everything, whatever it is, and continues after `to`: a snapshot was installed.
 *
 * to  NULL makes the log as if it had never been written: the next entry may have any index
 *
 * Fails as raft_wal_append().
 */
raft_wal_code raft_wal_reset(
    raft_wal *wal, const raft_wal_position *to, raft_wal_error *error);

/*
 * Applies several changes as one unit.
 *
 * Fails with what the first change that is refused would fail with, and then nothing is changed;
 * METADATA_TOO_LARGE; INVALID_ARGUMENT if the structure makes no sense.
 */
raft_wal_code raft_wal_write(
    raft_wal *wal, const raft_wal_batch *batch, raft_wal_error *error);

/*
 * Sets a metadata value and makes it, and everything written before it, durable. To set several
 * as one unit, or without a sync of their own: raft_wal_write().
 *
 * key    1 to 255 bytes of UTF-8
 * value  may be NULL if its byte count is 0
 *
 * Fails with METADATA_TOO_LARGE, INVALID_ARGUMENT; else as raft_wal_sync(), and then the value is
 * set and not durable.
 */
raft_wal_code raft_wal_set_metadata(
    raft_wal *wal, const char *key, size_t key_byte_count, const void *value,
    size_t value_byte_count, raft_wal_error *error);

/* Removes a metadata value, durably; a key that is not there is no error. */
raft_wal_code raft_wal_remove_metadata(
    raft_wal *wal, const char *key, size_t key_byte_count, raft_wal_error *error);

/*
 * Hands everything written to the operating system: it survives the death of the process.
 *
 * Fails with NO_SPACE, IO: nothing is lost, and the call may be repeated; POISONED, CLOSED.
 */
raft_wal_code raft_wal_flush(raft_wal *wal, raft_wal_error *error);

/*
 * Brings everything written before the call to stable storage: it survives the loss of power.
 *
 * Fails as raft_wal_flush(). If the disk failed, the store is POISONED until it is opened again:
 * the kernel may have dropped what it could not write. Reads go on.
 */
raft_wal_code raft_wal_sync(raft_wal *wal, raft_wal_error *error);

/* Where the log begins and ends. Fails with CLOSED only. */
raft_wal_code raft_wal_get_state(
    raft_wal *wal, raft_wal_state *state, raft_wal_error *error);

/* What opening found. Works on a closed store, too. */
raft_wal_code raft_wal_get_recovery(
    raft_wal *wal, raft_wal_recovery *recovery, raft_wal_error *error);

/*
 * The term of an entry, or of the compacted position.
 *
 * Fails with COMPACTED, UNAVAILABLE, CORRUPT, IO, CLOSED.
 */
raft_wal_code raft_wal_get_term(
    raft_wal *wal, uint64_t index, uint64_t *term, raft_wal_error *error);

/*
 * Reads one entry, framed as described above.
 *
 * Fails with COMPACTED, UNAVAILABLE, CORRUPT, IO, CLOSED.
 */
raft_wal_code raft_wal_get(
    raft_wal *wal, uint64_t index, raft_wal_buffer *entry, raft_wal_error *error);

/*
 * Reads the entries from `first` up to, and without, `end`, as far as the log and the limit go:
 * all of them or an error, never some of them.
 *
 * end             may lie beyond the log; UINT64_MAX for all there is
 * max_byte_count  stop before the payloads exceed this, but not before the first entry;
 *                 0 for no limit
 * next            receives the index to continue from; may be NULL
 *
 * Fails with COMPACTED if `first` lies below what is present, INVALID_RANGE if `end` is less than
 * `first`; CORRUPT, IO, CLOSED.
 */
raft_wal_code raft_wal_read(
    raft_wal *wal, uint64_t first, uint64_t end, uint64_t max_byte_count,
    raft_wal_buffer *entries, uint64_t *next, raft_wal_error *error);

/*
 * Reads a metadata value.
 *
 * found  receives 1, or 0 if there is none; an empty value is one
 *
 * Fails with INVALID_ARGUMENT, IO, CORRUPT, CLOSED.
 */
raft_wal_code raft_wal_get_metadata(
    raft_wal *wal, const char *key, size_t key_byte_count, raft_wal_buffer *value,
    uint32_t *found, raft_wal_error *error);

/* Frees a buffer's memory; it can be used again. NULL is fine. */
void raft_wal_buffer_free(raft_wal_buffer *buffer);

/*
 * Reads and checks every byte of a store, without changing anything; beside a live writer, too.
 *
 * damage_count  receives the number of damages; may be NULL
 * report        receives one line of text for each, without a terminating zero; may be NULL
 *
 * A damaged store is no failure of this call. Fails with UNAVAILABLE if there is no store,
 * UNSUPPORTED_FORMAT, IO, INVALID_ARGUMENT.
 */
raft_wal_code raft_wal_verify(
    const char *path, uint64_t *damage_count, raft_wal_buffer *report, raft_wal_error *error);

#ifdef __cplusplus
}
#endif

#endif
