// Whether a job's numbers make sense and its memory holds all that an entry of the interface reads and writes.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <string>
#include "group.h"

enum Entry { VECTORS, PACK, UNPACK, RUN, SEE, PREDICT };

constexpr int64_t MOST_WEIGHTS = int64_t(1) << 40, MOST_SAMPLES = 1 << 12;  // of a network, of a block

// A product that no int64 holds counts as the largest one.
static int64_t times(std::initializer_list<int64_t> factors) {
    int64_t product = 1;
    for (int64_t factor : factors)
        if (__builtin_mul_overflow(product, factor, &product)) return INT64_MAX;
    return product;
}

class Check {
    const Job& job;
    const Entry entry;
    std::string wrong;  // the first thing, in one line

    void refuse(const char* name, const std::string& what) {
        if (wrong.empty()) wrong = std::string("`") + name + "`: " + what;
    }

    void number(const char* name, int64_t value, int64_t least, int64_t most = INT64_MAX) {
        if (value >= least && value <= most) return;
        std::string range = std::to_string(least);
        if (most == INT64_MAX) range = "at least " + range;
        else if (most > least) range += " to " + std::to_string(most);
        refuse(name, range + " is needed, got " + std::to_string(value));
    }

    void divides(const char* name, int64_t replicates) {
        number(name, replicates, 1);
        if (!wrong.empty() || job.rows % replicates == 0) return;
        std::string rows = std::to_string(job.rows);
        refuse(name, "a divisor of the " + rows + " rows is needed, got " + std::to_string(replicates));
    }

    template <class N> void memory(const char* name, const Buffer<N>& buffer, int64_t needed, size_t align = sizeof(N)) {
        int64_t got = buffer.at ? buffer.numbers : 0;
        if (got < needed) refuse(name, std::to_string(needed) + " numbers are needed, got " + std::to_string(got));
        if (reinterpret_cast<size_t>(buffer.at) % align)
            refuse(name, "an address that " + std::to_string(align) + " divides is needed");
    }

    // Takes a layer's weights, padding included, off `room`: no sum or product over a network that fits leaves int64.
    void countable(int64_t in, int64_t out, int64_t& room) {
        room -= std::min(times({in + 2, out + 2}), MOST_WEIGHTS + 1);
        if (room < 0) refuse("sizes", "at most " + std::to_string(MOST_WEIGHTS) + " weights are possible");
    }

    void network() {
        number("number_bytes", job.number_bytes, sizeof(T), sizeof(T));
        number("layers", job.layers, 1, INT32_MAX);
        memory("sizes", job.sizes, job.layers + 1);
        for (int64_t l = 0; wrong.empty() && l <= job.layers; l++) number("sizes", job.sizes[l], 1, INT32_MAX);
        int64_t room = MOST_WEIGHTS;
        for (int64_t l = 0; wrong.empty() && l < job.layers; l++) countable(job.sizes[l], job.sizes[l + 1], room);
        if (wrong.empty() && job.skip) countable(job.sizes[0], job.sizes[job.layers], room);
        number("activation", job.activation, RELU, TANH);
    }

    void training(const Plan& plan) {
        number("rows", job.rows, 1, INT32_MAX);
        number("optimiser", job.optimiser, ADAM, RMSPROP);
        number("loss", job.loss, EXTERNAL, LOGISTIC);
        number("block", job.block, 1, MOST_SAMPLES);
        number("keep_best", job.keep_best, 0, 1);
        number("slot", job.slot, 0, job.keep_best);
        number("steps", job.steps, 0);
        number("begin", job.begin, 0, job.steps);
        number("end", job.end, job.begin, job.steps);
        number("batch", job.batch, 0, INT32_MAX);
        number("patience", job.patience, 0);
        number("threads", job.threads, 1);
        if (job.keep_best) number("every", job.every, 1);
        if (!wrong.empty()) return;
        bool wide = plan.wide;
        int64_t slots = job.wide ? Group<true>::slots(job) : Group<false>::slots(job);
        memory("state", job.state, times({groups(wide), slots, plan.vectors, L}), sizeof(V));
    }

    int64_t groups(bool wide) const { return wide ? job.rows : (job.rows + L - 1) / L; }

    void samples() {
        number("samples", job.samples, 1);
        divides("x_rows", job.x_rows);
        memory("x", job.x, times({job.x_rows, job.samples, job.sizes[0]}));
        if (!job.batch) return;
        number("batch", job.batch, 1, job.samples);
        divides("generators", job.generators);
        int64_t steps = entry == PREDICT ? 1 : job.end - job.begin, drawn = times({steps, job.batch});
        number("span", job.span, drawn);
        memory("orders", job.orders, times({job.generators, job.span}) - (job.span - drawn));
    }

    void responses(int64_t outputs) {
        divides("y_rows", job.y_rows);
        memory("y", job.y, times({job.y_rows, job.samples, outputs}));
        if (!job.checked_x && !job.checked_y) return;
        number("checked_samples", job.checked_samples, 1);
        divides("checked_x_rows", job.checked_x_rows);
        divides("checked_y_rows", job.checked_y_rows);
        memory("checked_x", job.checked_x, times({job.checked_x_rows, job.checked_samples, job.sizes[0]}));
        memory("checked_y", job.checked_y, times({job.checked_y_rows, job.checked_samples, outputs}));
    }

    // Predictions or gradients of the samples of one step; a group reads and writes whole registers of rows.
    template <class N> void exchanged(const char* name, const Buffer<N>& buffer, const Plan& plan) {
        number("across", job.across, plan.wide ? job.rows : groups(false) * L);
        memory(name, buffer, times({job.batch ? job.batch : job.samples, plan.outputs, job.across}));
    }

    void record(bool scores) {
        memory("score", job.score, job.rows);
        memory("best_step", job.best_step, job.rows);
        memory("idle", job.idle, job.rows);
        memory("last_step", job.last_step, job.rows);
        memory("running", job.running, job.rows);
        memory("finite", job.finite, job.rows);
        if (scores || job.scores) memory("scores", job.scores, job.rows);
    }

    void run(const Plan& plan) {
        bool external = job.loss == EXTERNAL;
        samples();
        memory("rates", job.rates, job.rows);
        memory("factors", job.factors, job.end);
        if (external) {
            number("end", job.end, job.begin, job.begin + 1);
            exchanged("output_gradient", job.output_gradient, plan);
        } else {
            responses(plan.outputs);
        }
        if (job.keep_best && wrong.empty()) record(external && job.begin < job.end && job.begin % job.every == 0);
    }

    void predict(const Plan& plan) {
        number("loss", job.loss, EXTERNAL, EXTERNAL);
        samples();
        exchanged("outputs", job.outputs, plan);
    }

    void parameters(const Plan& plan) {
        int64_t each = 0;
        for (const Layer& y : plan.layers) each += (y.in + 1) * y.out + (y.slope >= 0);
        if (plan.skip >= 0) each += plan.inputs * plan.outputs;
        memory("parameters", job.parameters, times({job.rows, each}));
    }

public:
    Check(const Job& j, Entry e) : job(j), entry(e) {}

    // Null where all is well, else the first thing that is not; valid until this thread's next call.
    const char* message() {
        network();
        if (wrong.empty() && entry != VECTORS) {
            Plan plan(job);
            training(plan);
            if (wrong.empty()) {
                if (entry == PACK || entry == UNPACK) parameters(plan);
                if (entry == RUN) run(plan);
                if (entry == SEE) number("keep_best", job.keep_best, 1, 1), record(true);
                if (entry == PREDICT) predict(plan);
            }
        }
        if (wrong.empty()) return nullptr;
        static thread_local std::string kept;
        kept = wrong;
        return kept.c_str();
    }
};

static const char* check(const Job* job, Entry entry) { return Check(*job, entry).message(); }
