// C(i, j) = first(i, j) + sum over p of A(i, p) B(p, j), where B and C are of vectors and A is either of vectors
// (lanes: one network a lane) or of numbers that fill a vector (wide: one network, its units side by side).
#pragma once
#include "vector.h"

// What benchmarks/lanes.py changes by DLSTATS_LANES_FLAGS.
#ifndef LANES_RELOAD
#define LANES_RELOAD 0
#endif
#ifndef LANES_ROWS
#define LANES_ROWS 6
#define LANES_COLUMNS (LANES_BYTES == 64 ? 4 : 2)
#endif

// Where A(i, p) or B(p, j) lies: `outer` numbers from one first index to the next, `inner` from one second index to the next.
// The step that is the same for every layer is known to the compiler, which then needs no register for it.
template <long STEP> struct Along {
    const T* at;
    long outer;
    static constexpr long inner = STEP;
};

template <long STEP> struct Across {
    const T* at;
    long inner;
    static constexpr long outer = STEP;
};

// One load for a row or column of the block: left alone, GCC reads it again from memory for every product.
INLINE void keep_in_register(V& v) {
#if defined(LANES_ONE)
    (void)v;
#elif defined(__AVX512F__)
    asm("" : "+v"(v));
#elif defined(__x86_64__)
    asm("" : "+x"(v));
#elif defined(__aarch64__)
    asm("" : "+w"(v));
#else
    (void)v;
#endif
}

template <bool WIDE> INLINE V element(const T* at) {
    if constexpr (WIDE) return all(*at);
    else return load(at);
}

template <bool WIDE, int ROWS, int COLUMNS, class A, class B, class First, class Last>
INLINE void tile(long i, long j, long depth, A a, B b, First first, Last last) {
    V sum[ROWS][COLUMNS];
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 16
        for (int c = 0; c < COLUMNS; c++) sum[r][c] = first(i + r, j + c);
    const T* left = a.at + i * a.outer;
    const T* right = b.at + j * b.inner;
    for (long p = 0; p < depth; p++, left += a.inner, right += b.outer) {
        V beside[COLUMNS];
#pragma GCC unroll 16
        for (int c = 0; c < COLUMNS; c++) {
            beside[c] = load(right + c * b.inner);
            if (!LANES_RELOAD) keep_in_register(beside[c]);
        }
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            V here = element<WIDE>(left + r * a.outer);
            if (!LANES_RELOAD) keep_in_register(here);
#pragma GCC unroll 16
            for (int c = 0; c < COLUMNS; c++) sum[r][c] = fma(here, beside[c], sum[r][c]);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 16
        for (int c = 0; c < COLUMNS; c++) last(i + r, j + c, sum[r][c]);
}

template <bool WIDE, int ROWS, int COLUMNS, class A, class B, class First, class Last>
INLINE void panel(long i, long rows, long j, long depth, A a, B b, First first, Last last) {
    for (; i + ROWS <= rows; i += ROWS) tile<WIDE, ROWS, COLUMNS>(i, j, depth, a, b, first, last);
    if constexpr (ROWS > 4)
        if (i + 4 <= rows) tile<WIDE, 4, COLUMNS>(i, j, depth, a, b, first, last), i += 4;
    if constexpr (ROWS > 2)
        if (i + 2 <= rows) tile<WIDE, 2, COLUMNS>(i, j, depth, a, b, first, last), i += 2;
    if (i < rows) tile<WIDE, 1, COLUMNS>(i, j, depth, a, b, first, last);
}

static_assert(LANES_ROWS == 6 || LANES_ROWS <= 4, "the panel's edge must be covered");

// Rows in strips whose part of A stays in the first cache while B passes by: no bit depends on the strip.
#ifndef LANES_STRIP
#define LANES_STRIP (16 * 1024)
#endif

template <bool WIDE, class A, class B, class First, class Last>
void product(long rows, long columns, long depth, A a, B b, First first, Last last) {
    long strip = LANES_STRIP / (long)(WIDE ? sizeof(T) : sizeof(V)) / (depth + 1) / LANES_ROWS * LANES_ROWS;
    strip = strip < LANES_ROWS ? LANES_ROWS : strip;
    for (long i = 0; i < rows; i += strip) {
        long end = i + strip < rows ? i + strip : rows, j = 0;
        for (; j + LANES_COLUMNS <= columns; j += LANES_COLUMNS)
            panel<WIDE, LANES_ROWS, LANES_COLUMNS>(i, end, j, depth, a, b, first, last);
        for (; j + 2 <= columns; j += 2) panel<WIDE, LANES_ROWS, 2>(i, end, j, depth, a, b, first, last);
        if (j < columns) panel<WIDE, LANES_ROWS, 1>(i, end, j, depth, a, b, first, last);
    }
}
