// The public functions, and the choice of an implementation.
#include "CWALChecksum.h"
#include "crc32c_implementations.h"

struct implementation {
    const char *name;
    int (*supported)(void);
    wal_crc32c_update_function *update;
    wal_crc32c_record_function *record;
};

static int always_supported(void) { return 1; }

static const struct implementation implementations[] = {
    {"slices", always_supported, wal_crc32c_slices_update, wal_crc32c_slices_record},
#if WAL_CRC32C_HAS_LANES
    {"lanes", wal_crc32c_lanes_supported, wal_crc32c_lanes_update, wal_crc32c_lanes_record},
#endif
#if WAL_CRC32C_HAS_FOLDS
    {"folds", wal_crc32c_folds_supported, wal_crc32c_folds_update, wal_crc32c_folds_record},
#endif
};

enum { implementation_count = sizeof implementations / sizeof implementations[0] };

static const struct implementation *preferred(void) {
    int best = implementation_count - 1;
    while (!implementations[best].supported()) best--;
    return &implementations[best];
}

// Each pointer starts at a function that finds the preferred implementation and stores it there.
// Threads that come at once store the same value, so a relaxed store is enough and no lock is
// needed; the load costs what a plain one does.
static wal_crc32c_update_function first_update;
static wal_crc32c_record_function first_record;
static wal_crc32c_update_function *chosen_update = first_update;
static wal_crc32c_record_function *chosen_record = first_record;

static uint32_t first_update(uint32_t state, const void *bytes, size_t length) {
    wal_crc32c_update_function *update = preferred()->update;
    __atomic_store_n(&chosen_update, update, __ATOMIC_RELAXED);
    return update(state, bytes, length);
}

static uint32_t first_record(uint32_t seed, uint64_t word0, uint64_t word1, uint64_t word2,
                             const void *payload, size_t length) {
    wal_crc32c_record_function *record = preferred()->record;
    __atomic_store_n(&chosen_record, record, __ATOMIC_RELAXED);
    return record(seed, word0, word1, word2, payload, length);
}

uint32_t wal_crc32c_update(uint32_t state, const void *bytes, size_t length) {
    return __atomic_load_n(&chosen_update, __ATOMIC_RELAXED)(state, bytes, length);
}

uint32_t wal_crc32c(const void *bytes, size_t length) {
    return ~wal_crc32c_update(0xFFFFFFFFu, bytes, length);
}

uint32_t wal_crc32c_record(uint32_t seed, uint64_t word0, uint64_t word1, uint64_t word2,
                           const void *payload, size_t length) {
    return __atomic_load_n(&chosen_record, __ATOMIC_RELAXED)(seed, word0, word1, word2, payload,
                                                             length);
}

int wal_crc32c_implementation_count(void) { return implementation_count; }

const char *wal_crc32c_implementation_name(int implementation) {
    if (implementation < 0 || implementation >= implementation_count) return 0;
    return implementations[implementation].name;
}

int wal_crc32c_implementation_supported(int implementation) {
    if (implementation < 0 || implementation >= implementation_count) return 0;
    return implementations[implementation].supported();
}

uint32_t wal_crc32c_update_with(int implementation, uint32_t state, const void *bytes,
                                size_t length) {
    return implementations[implementation].update(state, bytes, length);
}

uint32_t wal_crc32c_record_with(int implementation, uint32_t seed, uint64_t word0, uint64_t word1,
                                uint64_t word2, const void *payload, size_t length) {
    return implementations[implementation].record(seed, word0, word1, word2, payload, length);
}
