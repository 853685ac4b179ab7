// One SIMD register of numbers, and the elementary functions on it. A lane never sees its neighbours, and every operation is
// one that IEEE 754 rounds one way: registers of any width, down to one number, give the same bits.
#pragma once
#ifdef __CUDACC_RTC__  // has no headers of the system
typedef int int32_t;
typedef long long int64_t;
typedef unsigned char uint8_t;
#else
#include <cstdint>
#include <cstring>
#endif
#if defined(LANES_SCALAR)
#elif defined(__AVX__) || defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#ifdef LANES_DOUBLE
typedef double T;
typedef int64_t I;
#else
typedef float T;
typedef int32_t I;
#endif

#if defined(LANES_ONE) || defined(LANES_SCALAR)
#define LANES_BYTES sizeof(T)
#elif defined(__AVX512F__)
#define LANES_BYTES 64
#define LANES_AVX512
#elif defined(__AVX2__) && defined(__FMA__)
#define LANES_BYTES 32
#define LANES_AVX2
#else
#define LANES_BYTES 16
#endif

#define INLINE static inline __attribute__((always_inline))
constexpr int L = LANES_BYTES / sizeof(T);

#ifdef LANES_SCALAR  // a register is a number, for a thread of CUDA, which has functions of three of these names
#define all every
#define any some
#define fma fused
typedef T V;
typedef I M;
INLINE V load(const T* p) { return *p; }
INLINE void store(T* p, V v) { *p = v; }
INLINE V all(T s) { return s; }
INLINE M all_bits(I s) { return s; }
INLINE V select(bool mask, V a, V b) { return mask ? a : b; }
INLINE bool any(bool mask) { return mask; }
INLINE M bits_of(V v) { return __builtin_bit_cast(M, v); }
INLINE V of_bits(M m) { return __builtin_bit_cast(V, m); }
INLINE V converted(M m) { return (V)m; }
#else
typedef T V __attribute__((vector_size(LANES_BYTES)));
typedef I M __attribute__((vector_size(LANES_BYTES)));
INLINE V load(const T* p) { return *reinterpret_cast<const V*>(p); }
INLINE void store(T* p, V v) { *reinterpret_cast<V*>(p) = v; }
INLINE V all(T s) { return s - V{}; }
INLINE M all_bits(I s) { return s - M{}; }
INLINE V select(M mask, V a, V b) { return mask ? a : b; }
INLINE bool any(M mask) {
    for (int l = 0; l < L; l++) if (mask[l]) return true;
    return false;
}
INLINE M bits_of(V v) { return (M)v; }
INLINE V of_bits(M m) { return (V)m; }
INLINE V converted(M m) { return __builtin_convertvector(m, V); }
#endif

#ifdef __CUDACC_RTC__
INLINE float fma_one(float a, float b, float c) { return __fmaf_rn(a, b, c); }
INLINE double fma_one(double a, double b, double c) { return __fma_rn(a, b, c); }
INLINE float root_one(float a) { return __fsqrt_rn(a); }
INLINE double root_one(double a) { return __dsqrt_rn(a); }
#else
INLINE T fma_one(T a, T b, T c) { return sizeof(T) == 8 ? (T)__builtin_fma(a, b, c) : (T)__builtin_fmaf(a, b, c); }
INLINE T root_one(T a) { return sizeof(T) == 8 ? (T)__builtin_sqrt(a) : (T)__builtin_sqrtf(a); }
#endif

// a b + c in one rounding, in software where the processor has no instruction for it: never left to the compiler's choice.
INLINE V fma(V a, V b, V c) {
#if defined(LANES_SCALAR)
    return fma_one(a, b, c);
#elif defined(LANES_AVX512) && defined(LANES_DOUBLE)
    return (V)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(LANES_AVX512)
    return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(LANES_AVX2) && defined(LANES_DOUBLE)
    return (V)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(LANES_AVX2)
    return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif !defined(LANES_ONE) && defined(__aarch64__) && defined(LANES_DOUBLE)
    return (V)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#elif !defined(LANES_ONE) && defined(__aarch64__)
    return (V)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    for (int l = 0; l < L; l++) a[l] = fma_one(a[l], b[l], c[l]);
    return a;
#endif
}

INLINE V root(V a) {
#if defined(LANES_SCALAR)
    return root_one(a);
#elif defined(LANES_AVX512) && defined(LANES_DOUBLE)
    return (V)_mm512_sqrt_pd((__m512d)a);
#elif defined(LANES_AVX512)
    return (V)_mm512_sqrt_ps((__m512)a);
#elif defined(LANES_AVX2) && defined(LANES_DOUBLE)
    return (V)_mm256_sqrt_pd((__m256d)a);
#elif defined(LANES_AVX2)
    return (V)_mm256_sqrt_ps((__m256)a);
#else
    for (int l = 0; l < L; l++) a[l] = root_one(a[l]);
    return a;
#endif
}

INLINE V absolute(V a) { return of_bits(bits_of(a) & ~((I)1 << (sizeof(T) * 8 - 1))); }

template <int N> INLINE V horner(V x, const T (&c)[N]) {
    V sum = all(c[0]);
    for (int i = 1; i < N; i++) sum = fma(sum, x, all(c[i]));
    return sum;
}

#ifdef LANES_DOUBLE
constexpr T SHIFT = 6755399441055744.0, LOG2E = 1.4426950408889634, LN2_HIGH = 6.93147180369123816490e-01,
            LN2_LOW = 1.90821492927058770002e-10, EXP_LOW = -746.0, EXP_HIGH = 710.0, SMALLEST = 2.2250738585072014e-308;
constexpr int MANTISSA = 52;
constexpr I BIAS = 1023;
constexpr T EXPM1[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
                       1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5};
constexpr T ATANH[] = {1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                       1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3};
#else
constexpr T SHIFT = 12582912.0f, LOG2E = 1.44269504f, LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f,
            EXP_LOW = -104.0f, EXP_HIGH = 89.0f, SMALLEST = 1.17549435e-38f;
constexpr int MANTISSA = 23;
constexpr I BIAS = 127;
constexpr T EXPM1[] = {1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f};
constexpr T ATANH[] = {1.0f / 11, 1.0f / 9, 1.0f / 7, 1.0f / 5, 1.0f / 3};
#endif

// Numbers too small for full precision count as 0: averages of a gradient that has become 0 fade through them, and many
// processors take ten times as long over each. Said here and not by the processor's mode, which differs between processors.
INLINE V flushed(V a) { return select(absolute(a) < SMALLEST, V{}, a); }

INLINE V power_of_two(M n) { return of_bits((n + BIAS) << MANTISSA); }

// x = n ln 2 + r with |r| <= ln 2 / 2; returns exp(r) - 1 and n. Not a number stays so.
INLINE V reduced(V x, M& n) {
    x = select(x < EXP_LOW, all(EXP_LOW), select(x > EXP_HIGH, all(EXP_HIGH), x));
    V shifted = fma(x, all(LOG2E), all(SHIFT));
    n = bits_of(shifted) - bits_of(all(SHIFT));
    V whole = shifted - SHIFT;
    V r = fma(whole, all(-LN2_LOW), fma(whole, all(-LN2_HIGH), x));
    return fma(r * r, horner(r, EXPM1), r);
}

INLINE V exponential(V x) {
    M n;
    V q = reduced(x, n);
    M half = n >> 1;
    return (1 + q) * power_of_two(half) * power_of_two(n - half);
}

// exp(x) - 1 for x <= 0, accurate near 0.
INLINE V exponential_minus_one(V x) {
    M n;
    V q = reduced(x, n);
    V scale = power_of_two(n < -64 ? all_bits(-64) : n);
    return fma(q, scale, scale - 1);
}

// log(1 + u) for u >= 0: the logarithm of w = 1 + u in floating point, and what that sum lost.
INLINE V logarithm_plus_one(V u) {
    V w = 1 + u;
    M bits = bits_of(w) - bits_of(all((T)0.70710678118654752));
    M n = bits >> MANTISSA;
    V m = of_bits(bits_of(w) - (n << MANTISSA));
    V s = (m - 1) / (m + 1), z = s * s;
    V series = fma(s * z * 2, horner(z, ATANH), s * 2);
    V whole = converted(n);
    V log = fma(whole, all(LN2_HIGH), fma(whole, all(LN2_LOW), series));
    return log + (u - (w - 1)) / w;
}
