// First-order optimisers with the semantics of torch.optim, entry by entry.
#pragma once
#include "vector.h"

enum Optimiser { ADAM, ADAMW, SGD, ADAGRAD, RMSPROP };

struct Rule {
    int kind;
    T beta2, decay1, decay2;  // decay is 1 - beta, taken in double
    T eps, weight_decay, momentum;
    T bias1, bias2;  // 1 - beta1^step and the root of 1 - beta2^step
};

INLINE V decayed(V g, V p, Rule rule) { return rule.weight_decay ? fma(p, all(rule.weight_decay), g) : g; }

// first / (root(second) share + eps), to a rounding or two of float32: estimates refined by one Newton step each, at a
// third of the cost of root and division. What they cannot bear, 0 and infinity, is set right afterwards.
INLINE V direction(V first, V second, V share, V eps) {
#if defined(__AVX512F__) && !defined(LANES_DOUBLE) && !defined(LANES_EXACT_ROOTS)
    const V largest = all(3.40282347e38f), smallest = all(1.17549435e-38f);
    if (eps[0] > 1e-30f) {
        V estimate = (V)_mm512_rsqrt14_ps((__m512)second), scale = second * estimate;
        scale = fma(fma(-scale, scale, second), estimate * 0.5f, scale);
        scale = select(second < smallest, V{}, select(second > largest, second, scale));
        scale = fma(scale, share, eps);
        V inverse = (V)_mm512_rcp14_ps((__m512)scale);
        inverse = fma(fma(-scale, inverse, all(1)), inverse, inverse);
        V quotient = first * inverse;
        quotient = fma(fma(-scale, quotient, first), inverse, quotient);
        return select(scale > largest, first * 0, quotient);
    }
#endif
    return first / fma(root(second), share, eps);
}

template <int KIND> void update_all(V* p, const V* g, V* state, long size, V rate, Rule rule) {
    V *one = state, *two = state + size;
    const V share = all(1 / rule.bias2), scaled = rate / rule.bias1, shrink = 1 - rate * rule.weight_decay;
    const V decay1 = all(rule.decay1), decay2 = all(rule.decay2), beta2 = all(rule.beta2), eps = all(rule.eps);
    for (long i = 0; i < size; i++) {
        if constexpr (KIND == ADAM || KIND == ADAMW) {
            V d = KIND == ADAM ? decayed(g[i], p[i], rule) : g[i];
            V now = KIND == ADAMW ? p[i] * shrink : p[i];
            V first = one[i] = fma(decay1, d - one[i], one[i]);
            V second = two[i] = fma(d * decay2, d, two[i] * beta2);
            p[i] = now - direction(first, second, share, eps) * scaled;
        }
        if constexpr (KIND == SGD) {
            V d = decayed(g[i], p[i], rule);
            if (rule.momentum) d = one[i] = fma(one[i], all(rule.momentum), d);
            p[i] -= d * rate;
        }
        if constexpr (KIND == ADAGRAD) {
            V d = decayed(g[i], p[i], rule);
            one[i] = fma(d, d, one[i]);
            p[i] -= direction(d, one[i], all(1), eps) * rate;
        }
        if constexpr (KIND == RMSPROP) {
            V d = decayed(g[i], p[i], rule);
            one[i] = fma(d * (T)0.01, d, one[i] * (T)0.99);
            d = direction(d, one[i], all(1), eps);
            if (rule.momentum) d = two[i] = fma(two[i], all(rule.momentum), d);
            p[i] -= d * rate;
        }
    }
}

// Numbers too small for full precision count as 0 here: averages of a gradient that has become 0 fade through them, and
// many processors take ten times as long over each.
struct WithoutDenormals {
#if defined(__SSE2__)
    unsigned before = _mm_getcsr();
    WithoutDenormals() { _mm_setcsr(before | 0x8040); }
    ~WithoutDenormals() { _mm_setcsr(before); }
#endif
};

__attribute__((noinline)) static void update(V* p, const V* g, V* state, long size, V rate, const Rule& rule) {
    switch (rule.kind) {
        case ADAM: return update_all<ADAM>(p, g, state, size, rate, rule);
        case ADAMW: return update_all<ADAMW>(p, g, state, size, rate, rule);
        case SGD: return update_all<SGD>(p, g, state, size, rate, rule);
        case ADAGRAD: return update_all<ADAGRAD>(p, g, state, size, rate, rule);
        case RMSPROP: return update_all<RMSPROP>(p, g, state, size, rate, rule);
    }
}
