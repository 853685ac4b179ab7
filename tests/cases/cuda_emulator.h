// A block of CUDA threads on the CPU: fibers that take turns at barriers in an order of one's choice. Shared memory begins as
// NaN. A barrier can be left out by its number, and threads that meet at different barriers end the program.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>
#include <ucontext.h>

namespace host {
inline int me, row, order, omitted;  // order: 0 upwards, 1 downwards, 2 at random, afresh at every barrier
inline void* shared;
inline void (*work)(const void*);
inline const void* task;

constexpr size_t STACK = 1 << 17;
struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack{new char[STACK]};
    bool done;
    int at;  // the barrier
};
inline ucontext_t home;
inline Fiber* now;
inline void begin() {
    work(task);
    now->done = true;
    swapcontext(&now->context, &home);
}
inline void meet(int barrier) {
    if (barrier == omitted) return;
    now->at = barrier;
    swapcontext(&now->context, &home);
}

inline void block(int crew) {
    static std::vector<Fiber> fibers(1024);
    static std::mt19937 random(7);
    std::vector<int> turns(crew);
    for (int t = 0; t < crew; t++) {
        Fiber& fiber = fibers[t];
        turns[t] = order == 1 ? crew - 1 - t : t, fiber.done = false, fiber.at = -1;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get(), fiber.context.uc_stack.ss_size = STACK;
        fiber.context.uc_link = &home;
        makecontext(&fiber.context, begin, 0);
    }
    while (!fibers[0].done) {
        if (order == 2) std::shuffle(turns.begin(), turns.end(), random);
        for (int t : turns) {
            me = t, now = &fibers[t];
            swapcontext(&home, &now->context);
        }
        for (int t = 1; t < crew; t++)
            if (fibers[t].at != fibers[0].at || fibers[t].done != fibers[0].done) {
                std::fprintf(stderr, "threads 0 and %d meet at barriers %d and %d\n", t, fibers[0].at, fibers[t].at);
                std::abort();
            }
    }
}
}  // namespace host

constexpr int FIRST = __COUNTER__ + 1;
#define ME (host::me)
#define ROW (host::row)
#define MEET() host::meet(__COUNTER__ - FIRST)
#define KERNEL static void
#define SHARED T* shared = (T*)host::shared
#define UNROLL
#define UNROLL_1
#define UNROLL_2
#define UNROLL_8
