// The plain C interface of the lanes back end: one precision a library, chosen by LANES_DOUBLE.
#include <atomic>
#include <thread>
#include "check.h"

// The processor's mode as IEEE 754 has it while the kernel works, whatever another library has set.
struct UsualRounding {
#if defined(__SSE2__)
    unsigned before = _mm_getcsr();
    UsualRounding() { _mm_setcsr(0x1f80); }
    ~UsualRounding() { _mm_setcsr(before); }
#endif
};

// Group by group over the threads; which thread takes which group changes no bit.
template <class Work> static void share(long groups, long threads, Work work) {
    std::atomic<long> next{0};
    auto loop = [&] {
        UsualRounding here;
        static thread_local Arena arena;
        for (long g = next++; g < groups; g = next++) work(g, arena);
    };
    std::vector<std::thread> others;
    for (long t = 1; t < threads && t < groups; t++) others.emplace_back(loop);
    loop();
    for (auto& thread : others) thread.join();
}

template <bool WIDE, class Work> static void each_group(const Job& job, Work work) {
    Plan plan(job);
    long groups = (job.rows + Group<WIDE>::EACH - 1) / Group<WIDE>::EACH;
    share(groups, job.threads, [&](long g, Arena& arena) {
        arena.reserve(Group<WIDE>::room(job, plan));
        Group<WIDE> group(job, plan, arena, g);
        work(group);
    });
}

// Calls visit(number in the row, place in the state, place's lane) for every parameter of a replicate.
template <class Visit> static void each_parameter(const Plan& plan, Visit visit) {
    long number = 0, beside = plan.wide ? 1 : L;
    auto matrix = [&](long at, long in, const Layer& y) {
        for (long k = 0; k < in; k++)
            for (long o = 0; o < y.out; o++) visit(number++, (at + k * y.stride) * L + o * beside);
    };
    for (const Layer& y : plan.layers) {
        matrix(y.weight, y.in, y);
        matrix(y.bias, 1, y);
        if (y.slope >= 0) visit(number++, y.slope * L);
    }
    if (plan.skip >= 0) matrix(plan.skip, plan.inputs, plan.layers.back());
}

template <bool WIDE> static void copy(const Job& job, bool in) {
    long size = 0;
    each_parameter(Plan(job), [&](long, long) { size++; });
    each_group<WIDE>(job, [&](Group<WIDE>& group) {
        T* state = reinterpret_cast<T*>(job.slot ? group.best : group.parameters);
        for (long lane = 0; lane < Group<WIDE>::EACH; lane++) {
            if (!in && group.first + lane >= job.rows) continue;
            T* row = job.parameters + group.row_of(lane) * size;
            each_parameter(group.plan, [&](long number, long place) {
                if (in) state[place + lane] = row[number];
                else row[number] = state[place + lane];
            });
        }
    });
}

template <bool WIDE> static void predict(const Job& job) {
    each_group<WIDE>(job, [&](Group<WIDE>& group) {
        const int32_t* orders = job.batch ? job.orders.at : nullptr;
        const Samples from = group.samples_of(job.x, job.x_rows, nullptr, 1, job.samples, orders);
        group.evaluate(job.slot ? group.best : group.parameters, from, job.batch ? job.batch : job.samples);
    });
}

extern "C" {
int64_t lanes_width() { return L; }
int64_t lanes_job_bytes() { return sizeof(Job); }

// Each of these does its work and returns null, or does nothing and returns what is wrong with the job.

// The vectors that one slot of a group's state takes.
const char* lanes_vectors(const Job* job, int64_t* vectors) {
    if (const char* wrong = check(job, VECTORS)) return wrong;
    *vectors = Plan(*job).vectors;
    return nullptr;
}
// Parameters into a slot of the state, and back.
const char* lanes_pack(const Job* job) {
    if (const char* wrong = check(job, PACK)) return wrong;
    job->wide ? copy<true>(*job, true) : copy<false>(*job, true);
    return nullptr;
}
const char* lanes_unpack(const Job* job) {
    if (const char* wrong = check(job, UNPACK)) return wrong;
    job->wide ? copy<true>(*job, false) : copy<false>(*job, false);
    return nullptr;
}
// Steps begin, ..., end - 1 of every row.
const char* lanes_run(const Job* job) {
    if (const char* wrong = check(job, RUN)) return wrong;
    if (job->wide) each_group<true>(*job, [](Group<true>& group) { group.run(); });
    else each_group<false>(*job, [](Group<false>& group) { group.run(); });
    return nullptr;
}
// One check at step `begin`, with scores from Python.
const char* lanes_see(const Job* job) {
    if (const char* wrong = check(job, SEE)) return wrong;
    if (job->wide) each_group<true>(*job, [&](Group<true>& group) { group.see(job->begin, job->samples); });
    else each_group<false>(*job, [&](Group<false>& group) { group.see(job->begin, job->samples); });
    return nullptr;
}
// Predictions of the parameters in a slot, for a loss that lives in Python.
const char* lanes_predict(const Job* job) {
    if (const char* wrong = check(job, PREDICT)) return wrong;
    job->wide ? predict<true>(*job) : predict<false>(*job);
    return nullptr;
}
}
