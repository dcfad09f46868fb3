/* What a call of the library costs, beside what the store itself does. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <raft_wal.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void put(uint8_t *to, uint64_t value, int byte_count)
{
    for (int i = 0; i < byte_count; i++) to[i] = (uint8_t)(value >> 8 * i);
}

static void check(raft_wal_code code, const raft_wal_error *error)
{
    if (code == RAFT_WAL_OK) return;
    fprintf(stderr, "call_costs: %s\n", error->message);
    exit(1);
}

/* The least of seven rounds: what is added to that is the machine's. */
#define MEASURE(what, count, each, statement)                                  \
    do {                                                                       \
        double least = 1e18;                                                   \
        for (int round = 0; round < 7; round++) {                              \
            double start = now();                                              \
            for (uint64_t i = 0; i < (count); i++) { statement; }              \
            double time = (now() - start) / ((count) * (double)(each));        \
            if (time < least) least = time;                                    \
        }                                                                      \
        printf("%-34s %8.1f ns\n", what, least);                               \
    } while (0)

int main(void)
{
    char directory[] = "/tmp/raft-wal-costs-XXXXXX", path[64];
    if (!mkdtemp(directory)) return perror(directory), 1;
    snprintf(path, sizeof path, "%s/log", directory);
    raft_wal *wal;
    raft_wal_error error;
    check(raft_wal_open(path, NULL, &wal, &error), &error);

    enum { payload = 128, record = 22 + payload, batch = 100 };
    static uint8_t bytes[batch * record];
    uint64_t index = 1, term;
    for (int i = 0; i < batch; i++) {
        put(bytes + i * record + 8, 1, 8), put(bytes + i * record + 18, payload, 4);
    }
    MEASURE("raft_wal_code_name", 20000000u, 1, raft_wal_code_name((raft_wal_code)(i & 15)));
    MEASURE("append, one entry of 128 bytes", 200000u, 1,
        put(bytes, index++, 8);
        check(raft_wal_append(wal, bytes, record, &error), &error));
    MEASURE("append, an entry of a batch of 100", 2000u, batch,
        for (int k = 0; k < batch; k++) put(bytes + k * record, index++, 8);
        check(raft_wal_append(wal, bytes, sizeof bytes, &error), &error));

    raft_wal_buffer buffer = RAFT_WAL_BUFFER_INIT;
    raft_wal_state state;
    check(raft_wal_get_state(wal, &state, &error), &error);
    uint64_t last = state.last.index;
    MEASURE("state", 2000000u, 1, check(raft_wal_get_state(wal, &state, &error), &error));
    MEASURE("term of a recent entry", 2000000u, 1,
        check(raft_wal_get_term(wal, last - (i & 1023), &term, &error), &error));
    MEASURE("get, a recent entry", 2000000u, 1,
        check(raft_wal_get(wal, last - (i & 1023), &buffer, &error), &error));
    MEASURE("read, an entry of 100", 20000u, batch,
        check(raft_wal_read(wal, last - 1023 + (i & 511), last - 923 + (i & 511), 0, &buffer,
            NULL, &error), &error));
    raft_wal_buffer_free(&buffer);
    check(raft_wal_close(wal, &error), &error);
    raft_wal_free(wal);
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command) != 0;
}
