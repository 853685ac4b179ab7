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

// What is the same for all parameters of a step.
struct Move { V rate, scaled, shrink, share, decay1, decay2, beta2, eps; };

INLINE Move move_of(V rate, const Rule& rule) {
    return {rate, rate / rule.bias1, 1 - rate * rule.weight_decay, all(1 / rule.bias2),
            all(rule.decay1), all(rule.decay2), all(rule.beta2), all(rule.eps)};
}

template <int KIND> INLINE void update_one(V& p, V g, V& one, V& two, const Move& by, const Rule& rule) {
    if constexpr (KIND == ADAM || KIND == ADAMW) {
        V d = KIND == ADAM ? decayed(g, p, rule) : g;
        V now = KIND == ADAMW ? p * by.shrink : p;
        V first = one = flushed(fma(by.decay1, d - one, one));
        V second = two = flushed(fma(d * by.decay2, d, two * by.beta2));
        p = now - direction(first, second, by.share, by.eps) * by.scaled;
    }
    if constexpr (KIND == SGD) {
        V d = decayed(g, p, rule);
        if (rule.momentum) d = one = flushed(fma(one, all(rule.momentum), d));
        p -= d * by.rate;
    }
    if constexpr (KIND == ADAGRAD) {
        V d = decayed(g, p, rule);
        one = flushed(fma(d, d, one));
        p -= direction(d, one, all(1), by.eps) * by.rate;
    }
    if constexpr (KIND == RMSPROP) {
        V d = decayed(g, p, rule);
        one = flushed(fma(d * (T)0.01, d, one * (T)0.99));
        d = direction(d, one, all(1), by.eps);
        if (rule.momentum) d = two = flushed(fma(two, all(rule.momentum), d));
        p -= d * by.rate;
    }
}

constexpr int moments_of(int kind) { return kind == SGD || kind == ADAGRAD ? 1 : 2; }

template <int KIND> void update_all(V* p, const V* g, V* state, long size, V rate, Rule rule) {
    const Move by = move_of(rate, rule);
    V *one = state, *two = state + (moments_of(KIND) - 1) * size;
    for (long i = 0; i < size; i++) update_one<KIND>(p[i], g[i], one[i], two[i], by, rule);
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
