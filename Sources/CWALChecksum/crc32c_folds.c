// Folding by carry-less products on 512-bit registers, for long buffers.
//
// A 128-bit piece of the stream is worth the same as another one D bytes further on, made of the
// products of its halves with x^(8D + 31) and x^(8D - 33) (Gopal et al., "Fast CRC Computation for
// Generic Polynomials Using PCLMULQDQ"). Both constants stand in crc32c_shifts.h, D / 8 being the
// number of words: [D / 8 + 1] for the first half, [D / 8] for the second.
#include "crc32c_implementations.h"

#if WAL_CRC32C_HAS_FOLDS

#include "crc32c_shifts.h"

#include <immintrin.h>

#define FOLDS_TARGET \
    __attribute__((target("sse4.2,pclmul,avx512f,avx512vl,avx512dq,vpclmulqdq")))

enum {
    // Below this many bytes lanes are faster.
    folds_from = 256,
};

int wal_crc32c_folds_supported(void) {
    // These answers include that the operating system saves the registers.
    return wal_crc32c_lanes_supported() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("vpclmulqdq");
}

FOLDS_TARGET static inline __m128i distance(size_t bytes) {
    return _mm_set_epi64x(wal_crc32c_shifts[bytes / 8], wal_crc32c_shifts[bytes / 8 + 1]);
}

// `pieces` carried forward by the distance, onto `next`.
FOLDS_TARGET static inline __m512i fold(__m512i pieces, __m512i distance, __m512i next) {
    return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(pieces, distance, 0x00),
                                     _mm512_clmulepi64_epi128(pieces, distance, 0x11), next,
                                     0x96);
}

// Folds `length` bytes, at least 256, down to fewer than 64.
FOLDS_TARGET static inline uint32_t folded(uint32_t state, const unsigned char **start,
                                           size_t *rest) {
    const unsigned char *bytes = *start;
    size_t length = *rest - 256;
    __m512i a = _mm512_loadu_si512(bytes);
    __m512i b = _mm512_loadu_si512(bytes + 64);
    __m512i c = _mm512_loadu_si512(bytes + 128);
    __m512i d = _mm512_loadu_si512(bytes + 192);
    a = _mm512_xor_si512(a, _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)state)));
    bytes += 256;

    const __m512i by256 = _mm512_broadcast_i64x2(distance(256));
    for (; length >= 256; length -= 256, bytes += 256) {
        a = fold(a, by256, _mm512_loadu_si512(bytes));
        b = fold(b, by256, _mm512_loadu_si512(bytes + 64));
        c = fold(c, by256, _mm512_loadu_si512(bytes + 128));
        d = fold(d, by256, _mm512_loadu_si512(bytes + 192));
    }

    const __m512i by64 = _mm512_broadcast_i64x2(distance(64));
    const __m512i by128 = _mm512_broadcast_i64x2(distance(128));
    b = fold(a, by64, b);
    d = fold(c, by64, d);
    d = fold(b, by128, d);
    for (; length >= 64; length -= 64, bytes += 64) d = fold(d, by64, _mm512_loadu_si512(bytes));

    // The four pieces of the last register onto its fourth, and that one through the instruction.
    __m512i by48_32_16 = _mm512_inserti64x2(_mm512_zextsi128_si512(distance(48)), distance(32), 1);
    by48_32_16 = _mm512_inserti64x2(by48_32_16, distance(16), 2);
    __m512i carried = fold(d, by48_32_16, _mm512_setzero_si512());
    __m128i last = _mm512_extracti64x2_epi64(d, 3);
    last = _mm_ternarylogic_epi64(last, _mm512_castsi512_si128(carried),
                                  _mm512_extracti64x2_epi64(carried, 1), 0x96);
    last = _mm_xor_si128(last, _mm512_extracti64x2_epi64(carried, 2));
    *start = bytes;
    *rest = length;
    uint64_t register64 = _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(last));
    return (uint32_t)_mm_crc32_u64(register64, (uint64_t)_mm_extract_epi64(last, 1));
}

FOLDS_TARGET uint32_t wal_crc32c_folds_update(uint32_t state, const void *bytes, size_t length) {
    if (length < folds_from) return wal_crc32c_lanes_update(state, bytes, length);
    const unsigned char *next = bytes;
    state = folded(state, &next, &length);
    return wal_crc32c_lanes_update(state, next, length);
}

FOLDS_TARGET uint32_t wal_crc32c_folds_record(uint32_t seed, uint64_t word0, uint64_t word1,
                                              uint64_t word2, const void *payload,
                                              size_t length) {
    if (length < folds_from) {
        return wal_crc32c_lanes_record(seed, word0, word1, word2, payload, length);
    }
    uint64_t state = _mm_crc32_u64(_mm_crc32_u64(_mm_crc32_u64(seed, word0), word1), word2);
    const unsigned char *next = payload;
    uint32_t after = folded((uint32_t)state, &next, &length);
    return wal_crc32c_lanes_update(after, next, length);
}

#endif
