// What the implementations share, and their declarations. Internal to this target.
#ifndef WAL_CRC32C_IMPLEMENTATIONS_H
#define WAL_CRC32C_IMPLEMENTATIONS_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t wal_crc32c_update_function(uint32_t state, const void *bytes, size_t length);
typedef uint32_t wal_crc32c_record_function(uint32_t seed, uint64_t word0, uint64_t word1,
                                            uint64_t word2, const void *payload, size_t length);

// Bytes as a little-endian word, at any alignment.
static inline uint64_t wal_load_word(const unsigned char *bytes) {
    uint64_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

// Tables, one step per word: everywhere.
wal_crc32c_update_function wal_crc32c_slices_update;
wal_crc32c_record_function wal_crc32c_slices_record;

// The processor's CRC instruction on three lanes, merged by a carry-less product.
#if defined(__x86_64__) || (defined(__aarch64__) && !defined(__ARM_BIG_ENDIAN))
#define WAL_CRC32C_HAS_LANES 1
int wal_crc32c_lanes_supported(void);
wal_crc32c_update_function wal_crc32c_lanes_update;
wal_crc32c_record_function wal_crc32c_lanes_record;
#endif

// 256 bytes a step by carry-less products on 512-bit registers.
#if defined(__x86_64__)
#define WAL_CRC32C_HAS_FOLDS 1
int wal_crc32c_folds_supported(void);
wal_crc32c_update_function wal_crc32c_folds_update;
wal_crc32c_record_function wal_crc32c_folds_record;
#endif

#endif
