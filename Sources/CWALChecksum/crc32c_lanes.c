// The processor's CRC instruction on three lanes.
//
// The instruction takes a word per cycle but gives its result three cycles later, so one chain of
// them runs at a third of the speed. Three chains over thirds of the buffer run side by side; the
// first two registers are then carried to the end by a carry-less product (crc32c_shifts.h). Lanes
// may have any length up to half the table, so that one merge serves a whole short buffer.
#include "crc32c_implementations.h"

#if WAL_CRC32C_HAS_LANES

#include "crc32c_shifts.h"

#if defined(__x86_64__)

#include <nmmintrin.h>
#include <wmmintrin.h>

#define LANES_TARGET __attribute__((target("sse4.2,pclmul")))
#define STEP_WORD(state, word) ((uint32_t)_mm_crc32_u64((state), (word)))
#define STEP_HALF(state, half) _mm_crc32_u32((state), (half))
#define STEP_QUARTER(state, quarter) _mm_crc32_u16((state), (quarter))
#define STEP_BYTE(state, byte) _mm_crc32_u8((state), (byte))

LANES_TARGET static inline uint64_t product(uint32_t left, uint32_t right) {
    __m128i result = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)left),
                                          _mm_cvtsi32_si128((int)right), 0);
    return (uint64_t)_mm_cvtsi128_si64(result);
}

int wal_crc32c_lanes_supported(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

#else

#include <arm_acle.h>
#include <arm_neon.h>

#define LANES_TARGET __attribute__((target("+crc,+aes")))
#define STEP_WORD(state, word) __crc32cd((state), (word))
#define STEP_HALF(state, half) __crc32cw((state), (half))
#define STEP_QUARTER(state, quarter) __crc32ch((state), (quarter))
#define STEP_BYTE(state, byte) __crc32cb((state), (byte))

LANES_TARGET static inline uint64_t product(uint32_t left, uint32_t right) {
    return vgetq_lane_u64(vreinterpretq_u64_p128(vmull_p64(left, right)), 0);
}

#if defined(__linux__)

#include <sys/auxv.h>

int wal_crc32c_lanes_supported(void) {
    const unsigned long pmull = 1ul << 4, crc32 = 1ul << 7;  // HWCAP_PMULL, HWCAP_CRC32
    return (getauxval(AT_HWCAP) & (pmull | crc32)) == (pmull | crc32);
}

#elif defined(__APPLE__)

// Every 64-bit processor of this platform that the package's minimum version runs on has both.
int wal_crc32c_lanes_supported(void) { return 1; }

#else

int wal_crc32c_lanes_supported(void) { return 0; }

#endif
#endif

enum {
    // Words in a lane at most: what the table reaches over two lanes.
    lane_limit = 128,
    // Below this many bytes one chain is as fast as three and their merge. Its result comes later,
    // but nobody waits for it: the chains of records that follow each other run side by side too.
    lanes_from = 208,
};

// Three lanes of `words` words each, the first of which lacks its first `skipped` words (they are
// in `state` already). `words` is at least 2 and more than `skipped`.
LANES_TARGET static inline uint32_t three_lanes(uint32_t state, const unsigned char *bytes,
                                                size_t words, size_t skipped) {
    const unsigned char *a = bytes;
    const unsigned char *b = a + 8 * (words - skipped);
    const unsigned char *c = b + 8 * words;
    uint32_t state_b = 0, state_c = 0;
    for (size_t word = 0; word < skipped; word++, b += 8, c += 8) {
        state_b = STEP_WORD(state_b, wal_load_word(b));
        state_c = STEP_WORD(state_c, wal_load_word(c));
    }
    for (size_t word = words - skipped - 1; word > 0; word--, a += 8, b += 8, c += 8) {
        state = STEP_WORD(state, wal_load_word(a));
        state_b = STEP_WORD(state_b, wal_load_word(b));
        state_c = STEP_WORD(state_c, wal_load_word(c));
    }
    state = STEP_WORD(state, wal_load_word(a));
    state_b = STEP_WORD(state_b, wal_load_word(b));
    uint64_t carried = product(state, wal_crc32c_shifts[2 * words]) ^
                       product(state_b, wal_crc32c_shifts[words]);
    return STEP_WORD(state_c, wal_load_word(c) ^ carried);
}

// One chain.
LANES_TARGET static inline uint32_t one_lane(uint32_t state, const unsigned char *bytes,
                                             size_t length) {
    for (; length >= 32; length -= 32, bytes += 32) {
        state = STEP_WORD(state, wal_load_word(bytes));
        state = STEP_WORD(state, wal_load_word(bytes + 8));
        state = STEP_WORD(state, wal_load_word(bytes + 16));
        state = STEP_WORD(state, wal_load_word(bytes + 24));
    }
    for (; length >= 8; length -= 8, bytes += 8) state = STEP_WORD(state, wal_load_word(bytes));
    if (length & 4) {
        uint32_t half;
        __builtin_memcpy(&half, bytes, sizeof half);
        state = STEP_HALF(state, half);
        bytes += 4;
    }
    if (length & 2) {
        uint16_t quarter;
        __builtin_memcpy(&quarter, bytes, sizeof quarter);
        state = STEP_QUARTER(state, quarter);
        bytes += 2;
    }
    if (length & 1) state = STEP_BYTE(state, *bytes);
    return state;
}

LANES_TARGET static inline uint32_t update(uint32_t state, const unsigned char *bytes,
                                           size_t length) {
    while (length >= lanes_from) {
        size_t words = length / 24;
        if (words > lane_limit) words = lane_limit;
        state = three_lanes(state, bytes, words, 0);
        bytes += 24 * words;
        length -= 24 * words;
    }
    return one_lane(state, bytes, length);
}

LANES_TARGET uint32_t wal_crc32c_lanes_update(uint32_t state, const void *bytes, size_t length) {
    return update(state, bytes, length);
}

LANES_TARGET uint32_t wal_crc32c_lanes_record(uint32_t seed, uint64_t word0, uint64_t word1,
                                              uint64_t word2, const void *payload,
                                              size_t length) {
    const unsigned char *bytes = payload;
    uint32_t state = STEP_WORD(STEP_WORD(STEP_WORD(seed, word0), word1), word2);
    // The header's three words count as the start of the first lane, whose chain is then no longer
    // than the others.
    size_t words = (length + 24) / 24;
    if (words <= lane_limit && length >= lanes_from) {
        state = three_lanes(state, bytes, words, 3);
        bytes += 24 * words - 24;
        length -= 24 * words - 24;
        return one_lane(state, bytes, length);
    }
    return update(state, bytes, length);
}

#endif
