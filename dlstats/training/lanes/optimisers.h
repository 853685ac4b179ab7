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

INLINE V direction(V first, V second, V share, V eps) { return first / fma(root(second), share, eps); }

template <int KIND> void update_all(V* p, const V* g, V* state, long size, V rate, Rule rule) {
    V *one = state, *two = state + size;
    const V share = all(1 / rule.bias2), scaled = rate / rule.bias1, shrink = 1 - rate * rule.weight_decay;
    const V decay1 = all(rule.decay1), decay2 = all(rule.decay2), beta2 = all(rule.beta2), eps = all(rule.eps);
    for (long i = 0; i < size; i++) {
        if constexpr (KIND == ADAM || KIND == ADAMW) {
            V d = KIND == ADAM ? decayed(g[i], p[i], rule) : g[i];
            V now = KIND == ADAMW ? p[i] * shrink : p[i];
            V first = one[i] = flushed(fma(decay1, d - one[i], one[i]));
            V second = two[i] = flushed(fma(d * decay2, d, two[i] * beta2));
            p[i] = now - direction(first, second, share, eps) * scaled;
        }
        if constexpr (KIND == SGD) {
            V d = decayed(g[i], p[i], rule);
            if (rule.momentum) d = one[i] = flushed(fma(one[i], all(rule.momentum), d));
            p[i] -= d * rate;
        }
        if constexpr (KIND == ADAGRAD) {
            V d = decayed(g[i], p[i], rule);
            one[i] = flushed(fma(d, d, one[i]));
            p[i] -= direction(d, one[i], all(1), eps) * rate;
        }
        if constexpr (KIND == RMSPROP) {
            V d = decayed(g[i], p[i], rule);
            one[i] = flushed(fma(d * (T)0.01, d, one[i] * (T)0.99));
            d = direction(d, one[i], all(1), eps);
            if (rule.momentum) d = two[i] = flushed(fma(two[i], all(rule.momentum), d));
            p[i] -= d * rate;
        }
    }
}

__attribute__((noinline)) static void update(V* p, const V* g, V* state, long size, V rate, const Rule& rule) {
    switch (rule.kind) {
        case ADAM: return update_all<ADAM>(p, g, state, size, rate, rule);
        case ADAMW: return update_all<ADAMW>(p, g, state, size, rate, rule);
        case SGD: return update_all<SGD>(p, g, state, size, rate, rule);
        case ADAGRAD: return update_all<ADAGRAD>(p, g, state, size, rate, rule);
        case RMSPROP: return update_all<RMSPROP>(p, g, state, size, rate, rule);
    }
}
