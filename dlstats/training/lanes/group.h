// One group of replicates (a vector of them, or one wide one) through its steps: gradient, record, update.
#pragma once
#include <cmath>
#include "losses.h"
#include "network.h"
#include "optimisers.h"

// Which samples of every lane: all in order, or those that its row's generator drew, from `drawn` on for this step.
struct Samples {
    const T *x[L], *y[L];
    const int32_t* orders[L];
    long count, drawn = 0;
    const T *packed_x = nullptr, *packed_y = nullptr;  // all samples of the group, gathered once
};

template <bool WIDE> struct Group {
    const Job& job;
    const Plan& plan;
    Network<WIDE> net;
    long first, block, y_row;   // first row of `start`; samples a block; numbers of one sample's responses
    V *parameters, *best, *moments, *gradient;
    T *x_block, *y_block, *x_all, *y_all;  // gathered samples of one block, and of all if every step needs them
    double sum[L];              // of the losses of this step

    static constexpr long EACH = WIDE ? 1 : L;

    Group(const Job& j, const Plan& p, Arena& arena, long group)
        : job(j), plan(p), net(p, arena, j.block), first(group * EACH), block(j.block) {
        y_row = plan.across(plan.outputs) * L;
        parameters = reinterpret_cast<V*>(job.state.at) + group * slots(job) * plan.vectors;
        best = parameters + plan.vectors;
        moments = parameters + (1 + job.keep_best) * plan.vectors;
        gradient = arena.take(plan.vectors);
        std::memset(gradient, 0, plan.vectors * sizeof(V));  // padding stays 0
        T** places[] = {&x_block, &y_block, &x_all, &y_all};
        for (int i = 0; i < 4; i += 2) {
            long samples = i ? kept(job) : block;
            *places[i] = reinterpret_cast<T*>(arena.take(samples * x_vectors(plan)));
            *places[i + 1] = reinterpret_cast<T*>(arena.take(samples * plan.across(plan.outputs)));
        }
    }

    static long x_vectors(const Plan& p) { return WIDE ? (p.inputs + L - 1) / L : p.inputs; }
    // Samples that are gathered once for many steps.
    static long kept(const Job& job) { return !job.batch && job.end - job.begin > 1 ? job.samples : 0; }
    static long room(const Job& job, const Plan& p) {
        long samples = job.block + kept(job);
        return Network<WIDE>::room(p, job.block) + p.vectors + samples * (x_vectors(p) + p.across(p.outputs));
    }
    // Of a group's state: the current parameters, the best ones, the moments.
    static long slots(const Job& job) {
        return 1 + job.keep_best + moments_of(job.optimiser);
    }
    long row_of(long lane) const { return first + lane < job.rows ? first + lane : job.rows - 1; }
    static long owner(long row, long rows, long replicates) { return row / (rows / replicates); }

    Samples samples_of(const T* x, long x_rows, const T* y, long y_rows, long count, const int32_t* orders = nullptr) const {
        Samples samples{};
        samples.count = count;
        for (long lane = 0; lane < EACH; lane++) {
            long row = row_of(lane);
            samples.x[lane] = x + owner(row, job.rows, x_rows) * count * plan.inputs;
            samples.y[lane] = y ? y + owner(row, job.rows, y_rows) * count * plan.outputs : nullptr;
            samples.orders[lane] = orders ? orders + owner(row, job.rows, job.generators) * job.span : nullptr;
        }
        return samples;
    }

    // Samples begin, ..., begin + n - 1 of every lane, side by side.
    void gather(const Samples& from, long begin, long n, T* x_to, T* y_to) {
        long d = plan.inputs, k = plan.outputs, across = WIDE ? 1 : L;
        if (WIDE) std::memset(y_to, 0, n * y_row * sizeof(T));
        for (long lane = 0; lane < EACH; lane++) {
            const T *x = from.x[lane], *y = from.y[lane];
            const int32_t* order = from.orders[lane] ? from.orders[lane] + from.drawn : nullptr;
            T *to_x = x_to + lane, *to_y = y_to + lane;
            for (long s = 0; s < n; s++, to_x += net.x_row, to_y += y_row) {
                long i = order ? order[begin + s] : begin + s;
                spread_out(x + i * d, d, across, to_x);
                if (y) spread_out(y + i * k, k, across, to_y);
            }
        }
    }

    // A short row to every `across`th place: the switch spares the loop that is always mispredicted.
    static inline void spread_out(const T* from, long count, long across, T* to) {
        for (; count >= 4; count -= 4, from += 4, to += 4 * across)
            to[0] = from[0], to[across] = from[1], to[2 * across] = from[2], to[3 * across] = from[3];
        switch (count) {
            case 3: to[2 * across] = from[2]; [[fallthrough]];
            case 2: to[across] = from[1]; [[fallthrough]];
            case 1: to[0] = from[0];
        }
    }

    // Points the network at a block's inputs and returns its responses.
    const T* show(const Samples& from, long begin, long n) {
        if (from.packed_x) {
            net.x = from.packed_x + begin * net.x_row;
            return from.packed_y + begin * y_row;
        }
        gather(from, begin, n, x_block, y_block);
        net.x = x_block;
        return y_block;
    }

    // Adds the block's losses, by samples, then outputs, to `sum`; with BACK the predictions turn into the gradient by them.
    template <int K, bool BACK> void compare(V* f, const T* y, long n, T scale) {
        long columns = plan.across(plan.outputs), stride = plan.layers.back().stride;
        V total = V{};
        for (long s = 0; s < n; s++)
            for (long j = 0; j < columns; j++) {
                Lossy found = loss_of<K>(f[s * stride + j], load(y + s * y_row + j * L), (T)job.loss_parameter);
                if constexpr (WIDE)
                    for (long lane = 0; lane < L; lane++)
                        if (j * L + lane < plan.outputs) total[0] += found.value[lane];
                        else found.slope[lane] = 0;
                else total += found.value;
                if (BACK) f[s * stride + j] = found.slope * scale;
            }
        for (long lane = 0; lane < EACH; lane++) sum[lane] += total[lane];
    }

    template <bool BACK> void compare(V* f, const T* y, long n, T scale) {
        switch (job.loss) {
            case SQUARED: return compare<SQUARED, BACK>(f, y, n, scale);
            case ABSOLUTE: return compare<ABSOLUTE, BACK>(f, y, n, scale);
            case PINBALL: return compare<PINBALL, BACK>(f, y, n, scale);
            case EXPECTILE: return compare<EXPECTILE, BACK>(f, y, n, scale);
            case HUBER: return compare<HUBER, BACK>(f, y, n, scale);
            case LOG_COSH: return compare<LOG_COSH, BACK>(f, y, n, scale);
            case CAUCHY: return compare<CAUCHY, BACK>(f, y, n, scale);
            case CHARBONNIER: return compare<CHARBONNIER, BACK>(f, y, n, scale);
            case GEMAN_MCCLURE: return compare<GEMAN_MCCLURE, BACK>(f, y, n, scale);
            case WELSCH: return compare<WELSCH, BACK>(f, y, n, scale);
            case TUKEY: return compare<TUKEY, BACK>(f, y, n, scale);
            case LOGISTIC: return compare<LOGISTIC, BACK>(f, y, n, scale);
            default: return;
        }
    }

    // Predictions of samples begin, ..., begin + n - 1 to Python, or the gradient by them back.
    void exchange(V* f, long begin, long n, bool out) {
        long stride = plan.layers.back().stride, columns = plan.across(plan.outputs);
        size_t bytes = EACH * sizeof(T);
        for (long s = 0; s < n; s++) {
            if (WIDE && !out) std::memset(f + s * stride, 0, columns * sizeof(V));
            for (long o = 0; o < plan.outputs; o++) {
                T* here = reinterpret_cast<T*>(f + s * stride) + o * EACH;
                long there = ((begin + s) * plan.outputs + o) * job.across + first;
                if (out) std::memcpy(job.outputs + there, here, bytes);
                else std::memcpy(here, job.output_gradient + there, bytes);
            }
        }
    }

    // The gradient of the mean loss over `n` samples, and with a loss of the kernel's own the sum of the losses.
    void differentiate(const Samples& from, long n) {
        std::memset(sum, 0, sizeof(sum));
        T scale = (T)(1.0 / (n * plan.outputs));
        net.turn(parameters);
        for (long begin = 0; begin < n; begin += block) {
            long now = n - begin < block ? n - begin : block;
            const T* y = show(from, begin, now);
            V* f = net.forward(parameters, now);
            if (job.loss == EXTERNAL) exchange(f, begin, now, false);
            else compare<true>(f, y, now, scale);
            net.backward(parameters, gradient, now, begin == 0);
        }
    }

    // Only forwards: the sum of the losses over all samples, or the predictions to Python.
    void evaluate(const V* w, const Samples& from, long n) {
        std::memset(sum, 0, sizeof(sum));
        for (long begin = 0; begin < n; begin += block) {
            long now = n - begin < block ? n - begin : block;
            const T* y = show(from, begin, now);
            V* f = net.forward(w, now);
            if (job.loss == EXTERNAL) exchange(f, begin, now, true);
            else compare<false>(f, y, now, 1);
        }
    }

    void see(long step, long n) {
        I better[L] = {};
        for (long lane = 0; lane < EACH && first + lane < job.rows; lane++) {
            long r = first + lane;
            if (!job.running[r]) continue;
            double score = job.scores ? job.scores[r] : (double)(T)(sum[lane] / (n * plan.outputs));
            better[lane] = score < job.score[r] ? -1 : 0;
            if (better[lane]) job.score[r] = score, job.best_step[r] = step;
            job.last_step[r] = step;
            job.idle[r] = better[lane] ? 0 : job.idle[r] + 1;
            job.finite[r] = std::isfinite(score);
            job.running[r] = job.finite[r] && !(job.patience && job.idle[r] >= job.patience);
        }
        M mask = all_bits(better[0]);
        if (!WIDE) std::memcpy(&mask, better, sizeof(mask));
        if (!any(mask)) return;
        for (long i = 0; i < plan.vectors; i++) best[i] = select(mask, parameters[i], best[i]);
    }

    bool running() const {
        for (long lane = 0; lane < EACH && first + lane < job.rows; lane++)
            if (job.running[first + lane]) return true;
        return false;
    }

    // By products alone: the C library's `pow` rounds otherwise on other processors.
    static double power(double base, long exponent) {
        double product = 1;
        for (; exponent; exponent >>= 1, base *= base)
            if (exponent & 1) product *= base;
        return product;
    }

    void move(long step) {
        double factor = job.factors[step];
        V rate;
        for (long lane = 0; lane < L; lane++) rate[lane] = (T)(job.rates[row_of(WIDE ? 0 : lane)] * factor);
        Rule rule{(int)job.optimiser, (T)job.beta2, (T)(1 - job.beta1), (T)(1 - job.beta2), (T)job.eps,
                  (T)job.weight_decay, (T)job.momentum, (T)(1 - power(job.beta1, step + 1)),
                  (T)std::sqrt(1 - power(job.beta2, step + 1))};
        update(parameters, gradient, moments, plan.vectors, rate, rule);
    }

    void run() {
        Samples training = samples_of(job.x, job.x_rows, job.y, job.y_rows, job.samples, job.batch ? job.orders.at : nullptr);
        if (kept(job)) {
            gather(training, 0, job.samples, x_all, y_all);
            training.packed_x = x_all, training.packed_y = y_all;
        }
        Samples checked = samples_of(job.x, job.x_rows, job.y, job.y_rows, job.samples);
        checked.packed_x = training.packed_x, checked.packed_y = training.packed_y;
        if (job.checked_x)
            checked = samples_of(job.checked_x, job.checked_x_rows, job.checked_y, job.checked_y_rows, job.checked_samples);
        bool free = !job.batch && !job.checked_x;
        long n = job.batch ? job.batch : job.samples;
        for (long step = job.begin; step < job.end; step++) {
            if (job.keep_best && job.patience && !running()) return;
            training.drawn = (step - job.begin) * job.batch;
            differentiate(training, n);
            if (job.keep_best && step % job.every == 0) {
                if (!free && !job.scores) evaluate(parameters, checked, checked.count);
                see(step, free ? n : checked.count);
            }
            move(step);
        }
        if (job.keep_best && job.end == job.steps && job.loss != EXTERNAL) {
            evaluate(parameters, checked, checked.count);
            see(job.steps, checked.count);
        }
    }
};
