// One block of CREW threads trains one network, all of it in shared memory, for the steps of a launch. Compiled by NVRTC with
// -default-device, and by a C++ compiler where an emulator of a block stands in for the GPU: the bits of lanes from both.
#include "passes.h"

// Which samples: all in order, or those that the row's generator drew for a step.
struct Samples {
    const T *x, *y;
    int count;
    const int32_t* orders;
};

INLINE int64_t owner(const Job& job, int64_t replicates) { return ROW / (job.rows / replicates); }

INLINE Samples samples_of(const Job& job, const T* x, int64_t x_rows, const T* y, int64_t y_rows, int64_t count) {
    return {x + owner(job, x_rows) * count * INPUTS, y ? y + owner(job, y_rows) * count * OUTPUTS : nullptr, (int)count, nullptr};
}

// Samples begin, ..., begin + TILE - 1 into the rows of the inputs and responses; zeros beyond the last.
INLINE void take(const Block& at, const Samples& from, int begin, int now) {
    UNROLL_1 for (int t = ME; t < TILE * (INPUTS + OUTPUTS); t += CREW) {
        int s = t % TILE, i = t / TILE, j = i - INPUTS;
        int64_t sample = s >= now ? 0 : from.orders ? from.orders[begin + s] : begin + s;
        if (j < 0) at.of(0)[i * STRIDE + s] = s < now ? from.x[sample * INPUTS + i] : 0;
        else if (from.y) at.y[j * STRIDE + s] = s < now ? from.y[sample * OUTPUTS + j] : 0;
    }
}

// Sums over samples that lanes take in blocks: the block's in T, the blocks' in double or in the gradient.
struct Sums {
    double losses = 0;
    T losses_now = 0, slopes_now[LAYERS] = {};
};

// Calls add(s) for the samples of a tile in their order, and close(fresh) after the last of each block of lanes.
template <class Add, class Close> INLINE void by_blocks(const Block& at, int begin, int now, int n, Add add, Close close) {
    const int block = at.job.block;
    UNROLL_1 for (int s = 0; s < now;) {
        int first = (begin + s) / block * block, end = first + block - begin < now ? first + block - begin : now;
        UNROLL_8 for (; s < end; s++) add(s);
        if (begin + s == first + block || begin + s == n) close(first == 0);
    }
}

// The losses of a tile, by samples, then outputs; by one thread.
INLINE void add_losses(const Block& at, Sums& sums, int begin, int now, int n) {
    by_blocks(at, begin, now, n,
              [&](int s) { UNROLL for (int j = 0; j < OUTPUTS; j++) sums.losses_now += at.y[j * STRIDE + s]; },
              [&](bool) { sums.losses += sums.losses_now, sums.losses_now = 0; });
}

// The gradient of prelu's slope above layer l's units, by samples, then units, by one thread; then theirs, by all.
template <int l> INLINE void prelu_back(const Block& at, Sums& sums, int begin, int now, int n) {
    T *d = at.of(l), *affine = at.derivatives_of(l), &sum = sums.slopes_now[l - 1];
    T &g = at.g[SLOPES_AT + l - 1], slope = at.w[SLOPES_AT + l - 1];
    if (ME == 0)
        by_blocks(at, begin, now, n,
                  [&](int s) {
                      UNROLL_8 for (int j = 0; j < SIZE[l]; j++) {
                          T z = affine[j * STRIDE + s];
                          sum = fma(d[j * STRIDE + s], select(z > 0, V{}, z), sum);
                      }
                  },
                  [&](bool fresh) { g = fresh ? sum : g + sum, sum = 0; });
    MEET();
    UNROLL_1 for (int t = ME; t < wide(l) * TILE; t += CREW) {
        int offset = t / TILE * STRIDE + t % TILE;
        T z = affine[offset];
        d[offset] *= select(z < 0, V{}, all(1)) + slope * select(z > 0, V{}, all(1));
    }
    MEET();
}

template <int l, bool PREDICT> INLINE void all_forward(const Block& at, T scale, bool scored) {
    forward<l, PREDICT>(at, scale, scored);
    MEET();
    if constexpr (l + 1 < LAYERS) all_forward<l + 1, PREDICT>(at, scale, scored);
}

template <int l> INLINE void all_backward(const Block& at, Sums& sums, int begin, int now, int n) {
    constexpr int IN = SIZE[l], OUT = SIZE[l + 1], W = row(l + 1);
    const T* d = at.of(l + 1);
    T* g = at.g + weight(l);
    weights_gradient<IN, OUT, W>(at.of(l), d, g, now, begin == 0);
    bias_gradient<OUT>(d, g + IN * W, now, begin == 0);
    if constexpr (SKIP && l + 1 == LAYERS) weights_gradient<INPUTS, OUT, W>(at.of(0), d, at.g + weight(LAYERS), now, begin == 0);
    MEET();
    if constexpr (l > 0) {
        inputs_gradient<l>(at);
        MEET();
        if constexpr (TRAINED)
            if (ACTIVATION == PRELU) prelu_back<l>(at, sums, begin, now, n);
        all_backward<l - 1>(at, sums, begin, now, n);
    }
}

// n samples forwards, and with `back` the gradient of their mean loss; with `scored` the sum of the losses, for one thread.
INLINE Sums visit(const Block& at, const Samples& from, int n, bool back, bool scored) {
    Sums sums;
    const T scale = (T)(1.0 / ((int64_t)n * OUTPUTS));
    UNROLL_1 for (int begin = 0; begin < n; begin += TILE) {
        int now = n - begin < TILE ? n - begin : TILE;
        take(at, from, begin, now);
        MEET();
        all_forward<0, false>(at, scale, scored);
        if (scored && ME == 0) add_losses(at, sums, begin, now, n);
        if (back) all_backward<LAYERS - 1>(at, sums, begin, now, n);
        else MEET();
    }
    return sums;
}

// The record of a check; by one thread. The flags say whether the weights are the best so far, and whether the row goes on.
INLINE void see(const Block& at, const Sums& sums, int64_t step, int n) {
    const Job& job = at.job;
    const int64_t r = ROW;
    double score = (double)(T)(sums.losses / ((int64_t)n * OUTPUTS));
    bool better = score < job.score[r];
    if (better) job.score[r] = score, job.best_step[r] = step;
    job.last_step[r] = step;
    job.idle[r] = better ? 0 : job.idle[r] + 1;
    job.finite[r] = score - score == 0;
    job.running[r] = job.finite[r] && !(job.patience && job.idle[r] >= job.patience);
    at.flags[0] = better, at.flags[1] = job.running[r];
}

INLINE void move(const Block& at, const Task& task, int64_t step) {
    const Job& job = at.job;
    Rule rule{(int)job.optimiser, (T)job.beta2, (T)(1 - job.beta1), (T)(1 - job.beta2), (T)job.eps,
              (T)job.weight_decay, (T)job.momentum, task.biases[2 * step], task.biases[2 * step + 1]};
    const Move by = move_of((T)(job.rates[ROW] * job.factors[step]), rule);
    UNROLL_1 for (int i = ME; i < PARAMETERS; i += CREW) moved(OPTIMISER, at.w[i], at.g[i], at.one[i], at.two[i], by, rule);
}

// By the threads that move the same entries: no barrier is needed between the two.
INLINE void copied(const T* from, T* to) { UNROLL_1 for (int i = ME; i < PARAMETERS; i += CREW) to[i] = from[i]; }

// Steps begin, ..., end - 1 of a row, and after the last of all the last check.
KERNEL train(const Task task) {
    SHARED;
    const Job& job = task.job;
    const int slots = 3 + job.keep_best;
    T *state = job.state + (int64_t)ROW * slots * PARAMETERS, *best = state + PARAMETERS, *far = state + (slots - 2) * PARAMETERS;
    if (job.keep_best && !job.running[ROW]) return;
    const Block at = block_of(task, shared, slots);
    Samples training = samples_of(job, job.x, job.x_rows, job.y, job.y_rows, job.samples), checked = training;
    if (job.checked_x)
        checked = samples_of(job, job.checked_x, job.checked_x_rows, job.checked_y, job.checked_y_rows, job.checked_samples);
    const bool free = !job.batch && !job.checked_x;
    const int n = job.batch ? job.batch : job.samples;
    copied(state, at.w);
    if (!FAR) copied(far, at.one), copied(far + PARAMETERS, at.two);
    UNROLL_1 for (int i = ME; i < PARAMETERS; i += CREW) at.g[i] = 0;
    UNROLL_1 for (int64_t step = job.begin; step <= job.end; step++) {
        const bool last = step == job.end, due = job.keep_best && (last ? step == job.steps : step % job.every == 0);
        const bool apart = due && (last || !free);  // the check has samples of its own
        if (job.batch) training.orders = job.orders + owner(job, job.generators) * job.span + (step - job.begin) * n;
        Sums sums;
        UNROLL_1 for (int check = last; check < 1 + apart; check++)
            sums = visit(at, check ? checked : training, check ? checked.count : n, !check, due && check == apart);
        if (due) {
            if (ME == 0) see(at, sums, step, apart ? checked.count : n);
            MEET();
            if (at.flags[0]) copied(at.w, best);
            if (!at.flags[1]) break;
        }
        if (last) break;
        move(at, task, step);  // whose entries no other thread reads before the barrier after `take`
    }
    copied(at.w, state);
    if (!FAR) copied(at.one, far), copied(at.two, far + PARAMETERS);
}

// Predictions of the parameters in a slot, at all samples.
KERNEL predict(const Task task) {
    SHARED;
    const Job& job = task.job;
    const int slots = 3 + job.keep_best;
    const Block at = block_of(task, shared, slots);
    const Samples from = samples_of(job, job.x, job.x_rows, nullptr, 1, job.samples);
    copied(job.state + ((int64_t)ROW * slots + job.slot) * PARAMETERS, at.w);
    UNROLL_1 for (int begin = 0; begin < from.count; begin += TILE) {
        int now = from.count - begin < TILE ? from.count - begin : TILE;
        take(at, from, begin, now);
        MEET();
        all_forward<0, true>(at, 0, false);
        T* out = task.predictions + ((int64_t)ROW * from.count + begin) * OUTPUTS;
        UNROLL_1 for (int t = ME; t < now * OUTPUTS; t += CREW) out[t] = at.of(LAYERS)[t % OUTPUTS * STRIDE + t / OUTPUTS];
    }
}
