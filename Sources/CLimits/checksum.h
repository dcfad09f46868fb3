// CRC-32C in the three forms that the loops are compiled for.
#ifndef CLIMITS_CHECKSUM_H
#define CLIMITS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define LIMIT_HARDWARE 1
#define LIMIT_TARGET __attribute__((target("sse4.2")))
#define LIMIT_CRC64(state, word) ((uint32_t)_mm_crc32_u64((state), (word)))
#define LIMIT_CRC8(state, byte) _mm_crc32_u8((state), (byte))
#elif defined(__aarch64__) && (defined(__ARM_FEATURE_CRC32) || defined(__APPLE__))
#include <arm_acle.h>
#define LIMIT_HARDWARE 1
#define LIMIT_TARGET
#define LIMIT_CRC64(state, word) __crc32cd((state), (word))
#define LIMIT_CRC8(state, byte) __crc32cb((state), (byte))
#else
#define LIMIT_HARDWARE 0
#endif

// Whether this CPU has the instruction.
static inline int limit_has_hardware(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("sse4.2");
#else
    return LIMIT_HARDWARE;
#endif
}

#if LIMIT_HARDWARE
LIMIT_TARGET __attribute__((always_inline)) static inline uint32_t limit_update_hardware(
    uint32_t state, const uint8_t *bytes, size_t length) {
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        state = LIMIT_CRC64(state, word);
        bytes += 8;
        length -= 8;
    }
    while (length-- > 0) state = LIMIT_CRC8(state, *bytes++);
    return state;
}
#endif

// Eight tables of 256, filled once.
extern uint32_t limit_tables[8][256];
void limit_fill_tables(void);

static inline uint32_t limit_update_portable(uint32_t state, const uint8_t *bytes, size_t length) {
    while (length >= 8) {
        uint32_t low = state ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                                (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
        state = limit_tables[7][low & 255] ^ limit_tables[6][low >> 8 & 255] ^
                limit_tables[5][low >> 16 & 255] ^ limit_tables[4][low >> 24] ^
                limit_tables[3][bytes[4]] ^ limit_tables[2][bytes[5]] ^
                limit_tables[1][bytes[6]] ^ limit_tables[0][bytes[7]];
        bytes += 8;
        length -= 8;
    }
    while (length-- > 0) state = state >> 8 ^ limit_tables[0][(state ^ *bytes++) & 255];
    return state;
}

#endif
