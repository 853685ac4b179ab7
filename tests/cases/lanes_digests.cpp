// Trains small networks with everything that the kernel has, from data made by integers, and prints a digest of the bits of
// weights, scores and steps, one line a case: the same lines whatever the processor and the width of its registers. Of the
// cases of many steps, which are for numbers that fade, `short` leaves out all and `narrow` those of wide networks.
#include <cstdio>
#include <cstdlib>
#include <string>
#include "kernel.cpp"

struct Numbers {  // Knuth's generator; every number is exact in either precision
    uint64_t state;
    uint32_t next() { return (uint32_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 40); }
    T between() { return (T)next() / (1 << 23) - 1; }
};

struct Case {
    int activation, optimiser, loss;
    bool wide, skip, keep, batch, checked;
    int steps;
    double rate;
};

template <class N> static Buffer<N> memory(std::vector<N>& owner) { return {owner.data(), (int64_t)owner.size()}; }
template <class N> static Buffer<const N> reading(std::vector<N>& owner) { return {owner.data(), (int64_t)owner.size()}; }

struct Digest {
    uint64_t value = 14695981039346656037u;
    template <class N> void add(const std::vector<N>& numbers) {
        const unsigned char* bytes = reinterpret_cast<const unsigned char*>(numbers.data());
        for (size_t i = 0; i < numbers.size() * sizeof(N); i++) value = (value ^ bytes[i]) * 1099511628211u;
    }
};

static void require(const char* wrong) {
    if (wrong) std::fprintf(stderr, "%s\n", wrong), std::exit(1);
}

static uint64_t train(const Case& c) {
    const int64_t rows = 5, samples = 50, checked = 20, batch = 13;
    std::vector<int64_t> sizes = c.wide ? std::vector<int64_t>{3, 19, 37, 2} : std::vector<int64_t>{3, 9, 6, 2};
    Numbers draw{(uint64_t)(c.activation * 100 + c.optimiser * 20 + c.loss)};
    auto drawn = [&](int64_t count, T scale) {
        std::vector<T> numbers(count);
        for (T& number : numbers) number = draw.between() * scale;
        return numbers;
    };
    int64_t each = 0;
    for (size_t l = 0; l + 1 < sizes.size(); l++)
        each += (sizes[l] + 1) * sizes[l + 1] + (c.activation == PRELU && l + 2 < sizes.size());
    if (c.skip) each += sizes.front() * sizes.back();
    std::vector<T> parameters = drawn(rows * each, 0.75), x = drawn(rows * samples * 3, 2), y = drawn(samples * 2, 1.5);
    std::vector<T> checked_x = drawn(checked * 3, 2), checked_y = drawn(checked * 2, 1.5);
    if (c.loss == LOGISTIC)
        for (auto* labels : {&y, &checked_y}) for (T& label : *labels) label = label > 0;
    std::vector<double> rates(rows, c.rate), factors(c.steps), score(rows, HUGE_VAL);
    for (int i = 0; i < c.steps; i++) factors[i] = 1 - i / 65536.0;
    std::vector<int32_t> orders(c.batch ? rows * c.steps * batch : 0);
    for (int32_t& order : orders) order = draw.next() % samples;
    std::vector<int64_t> best_step(rows), idle(rows), last_step(rows);
    std::vector<uint8_t> running(rows, 1), finite(rows, 1);

    Job job{};
    job.number_bytes = sizeof(T), job.layers = sizes.size() - 1, job.activation = c.activation;
    job.skip = c.skip, job.wide = c.wide, job.sizes = reading(sizes);
    job.rows = job.x_rows = rows, job.y_rows = 1, job.samples = samples;
    job.x = reading(x), job.y = reading(y), job.parameters = memory(parameters);
    if (c.checked) {
        job.checked_samples = checked, job.checked_x_rows = job.checked_y_rows = 1;
        job.checked_x = reading(checked_x), job.checked_y = reading(checked_y);
    }
    job.rates = reading(rates), job.factors = reading(factors);
    if (c.batch) job.batch = batch, job.generators = rows, job.span = c.steps * batch, job.orders = reading(orders);
    job.steps = job.end = c.steps, job.every = 3, job.optimiser = c.optimiser, job.loss = c.loss;
    job.keep_best = c.keep, job.block = c.wide ? 96 : 36, job.threads = 2;
    job.beta1 = 0.9, job.beta2 = 0.999, job.eps = 1e-8, job.weight_decay = 0.01, job.momentum = 0.5, job.loss_parameter = 0.8;
    job.score = memory(score), job.best_step = memory(best_step), job.idle = memory(idle);
    job.last_step = memory(last_step), job.running = memory(running), job.finite = memory(finite);

    int64_t vectors, groups = c.wide ? rows : (rows + L - 1) / L;
    require(lanes_vectors(&job, &vectors));
    int64_t numbers = groups * (2 + c.keep + (c.optimiser != SGD && c.optimiser != ADAGRAD)) * vectors * L;
    void* state = std::aligned_alloc(64, (numbers * sizeof(T) + 63) / 64 * 64);
    std::memset(state, 0, numbers * sizeof(T));
    job.state = {(T*)state, numbers};
    require(lanes_pack(&job));
    require(lanes_run(&job));
    job.slot = c.keep;
    require(lanes_unpack(&job));
    std::free(state);
    Digest digest;
    digest.add(parameters);
    if (c.keep) digest.add(score), digest.add(best_step), digest.add(last_step);
    return digest.value;
}

int main(int arguments, char** argument) {
    const std::string part = arguments > 1 ? argument[1] : "all";
    std::vector<Case> cases;
    for (int wide = 0; wide < 2; wide++) {
        for (int a = RELU; a <= TANH; a++)
            cases.push_back({a, a % 5, SQUARED, wide > 0, a % 2 > 0, a % 3 > 0, a % 2 == 0, a % 4 == 0, 40, 0.03125});
        for (int k = ABSOLUTE; k <= LOGISTIC; k++)
            cases.push_back({TANH, (k + 1) % 5, k, wide > 0, false, k % 3 > 0, k % 2 == 0, k % 4 == 0, 40, 0.03125});
        for (int o = ADAM; o <= RMSPROP; o++)
            cases.push_back({RELU, o, HUBER, wide > 0, true, true, true, true, 1500, 0.125});  // averages that fade
    }
    for (const Case& c : cases)
        if (c.steps == 40 || part == "all" || (part == "narrow" && !c.wide)) std::printf("%s activation %d optimiser %d loss %d steps %d: %016llx\n", c.wide ? "wide" : "lanes", c.activation,
                    c.optimiser, c.loss, c.steps, (unsigned long long)train(c));
}
