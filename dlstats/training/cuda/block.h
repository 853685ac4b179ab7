// How one network lies in the shared memory of its block of threads; shape.py holds the same. The compiler is given SIZES,
// SKIP, DERIVATIVES, TRAINED, FAR, CREW, TILE and BYTES, and ACTIVATION, LOSS and OPTIMISER, which may be expressions.
#pragma once
#define LANES_SCALAR
#ifdef __CUDACC_RTC__
#define ME ((int)threadIdx.x)
#define ROW ((int)blockIdx.x)
#define MEET() __syncthreads()
#define KERNEL extern "C" __global__ void __launch_bounds__(CREW)
#define SHARED extern __shared__ __align__(16) T shared[]
#define UNROLL _Pragma("unroll")
#define UNROLL_1 _Pragma("unroll 1")
#define UNROLL_2 _Pragma("unroll 2")
#define UNROLL_8 _Pragma("unroll 8")
#else
#include "cuda_emulator.h"
#endif
#include "activations.h"
#include "job.h"
#include "losses.h"
#include "optimisers.h"

constexpr int SIZE[] = {SIZES};
constexpr int LAYERS = sizeof(SIZE) / sizeof(int) - 1, INPUTS = SIZE[0], OUTPUTS = SIZE[LAYERS];
constexpr int up(int a, int b) { return (a + b - 1) / b * b; }
constexpr int STRIDE = TILE + 4;                                               // from unit to unit, free of bank conflicts
constexpr int wide(int l) { return SIZE[l] >= 4 ? up(SIZE[l], 4) : SIZE[l]; }  // rows of layer l's outputs
constexpr int row(int l) { return wide(l) + (wide(l) % 8 == 0 ? 4 : 0); }      // from weight row to weight row
constexpr int weight(int l) {  // of layer l: (in + 1) rows, the last the bias; after all layers the weights of the skip
    int at = 0;
    for (int i = 0; i < l; i++) at += up((SIZE[i] + 1) * row(i + 1), 4);
    return at;
}
constexpr int SLOPES_AT = weight(LAYERS) + (SKIP ? up(INPUTS * row(LAYERS), 4) : 0);  // of prelu, one a hidden layer
constexpr int PARAMETERS = SLOPES_AT + (TRAINED ? up(LAYERS - 1, 4) : 0);
constexpr int outputs_at(int l) {  // rows of samples: layer 0 is the inputs
    int at = 0;
    for (int i = 0; i < l; i++) at += wide(i);
    return at;
}
constexpr int ROWS = outputs_at(LAYERS + 1), DERIVATIVE_ROWS = DERIVATIVES ? ROWS - wide(0) - wide(LAYERS) : 0;
constexpr int NUMBERS = PARAMETERS * (FAR ? 2 : 4) + (ROWS + DERIVATIVE_ROWS + OUTPUTS) * STRIDE;  // of T, and two flags
static_assert(NUMBERS * sizeof(T) + 16 == BYTES, "shape.py and block.h lay out a network differently");

// What Python hands over: task.py holds the same structure.
struct Task {
    Job job;  // `state` is (rows, 1 + keep_best + 2, PARAMETERS): the current parameters, the best ones, two moments
    Buffer<const T> biases;  // (steps, 2), of Adam: 1 - beta1^step and the root of 1 - beta2^step
    Buffer<T> predictions;   // (rows, samples, outputs)
};

struct alignas(16) Four { T at[4]; };
INLINE Four four(const T* at) { return *reinterpret_cast<const Four*>(at); }
INLINE void put(T* at, Four v) { *reinterpret_cast<Four*>(at) = v; }

struct Block {
    const Job& job;
    T *w, *g, *one, *two;    // parameters, gradient, moments
    T *h, *derivatives, *y;  // outputs of the layers, then derivatives by them; derivatives of the activation; responses
    int* flags;

    T* of(int l) const { return h + outputs_at(l) * STRIDE; }
    T* derivatives_of(int l) const { return derivatives + (outputs_at(l) - wide(0)) * STRIDE; }
};

INLINE Block block_of(const Task& task, T* shared, int slots) {
    T* state = task.job.state + (int64_t)ROW * slots * PARAMETERS;
    T* far = state + (int64_t)(slots - 2) * PARAMETERS;
    T *w = shared, *g = w + PARAMETERS, *near = g + PARAMETERS, *h = FAR ? near : near + 2 * PARAMETERS;
    T *one = FAR ? far : near, *derivatives = h + ROWS * STRIDE, *y = derivatives + DERIVATIVE_ROWS * STRIDE;
    return {task.job, w, g, one, one + PARAMETERS, h, derivatives, y, reinterpret_cast<int*>(shared + NUMBERS)};
}

INLINE Pair activated(int kind, V z) {
    switch (kind) {
        case LEAKY_RELU: return activation_of<LEAKY_RELU>(z);
        case ELU: return activation_of<ELU>(z);
        case SELU: return activation_of<SELU>(z);
        case SOFTPLUS: return activation_of<SOFTPLUS>(z);
        case GELU: return activation_of<GELU>(z);
        case SILU: return activation_of<SILU>(z);
        case SIGMOID: return activation_of<SIGMOID>(z);
        case TANH: return activation_of<TANH>(z);
        default: return activation_of<RELU>(z);
    }
}

INLINE Lossy compared(int kind, V f, V y, T level) {
    switch (kind) {
        case ABSOLUTE: return loss_of<ABSOLUTE>(f, y, level);
        case PINBALL: return loss_of<PINBALL>(f, y, level);
        case EXPECTILE: return loss_of<EXPECTILE>(f, y, level);
        case HUBER: return loss_of<HUBER>(f, y, level);
        case LOG_COSH: return loss_of<LOG_COSH>(f, y, level);
        case CAUCHY: return loss_of<CAUCHY>(f, y, level);
        case CHARBONNIER: return loss_of<CHARBONNIER>(f, y, level);
        case GEMAN_MCCLURE: return loss_of<GEMAN_MCCLURE>(f, y, level);
        case WELSCH: return loss_of<WELSCH>(f, y, level);
        case TUKEY: return loss_of<TUKEY>(f, y, level);
        case LOGISTIC: return loss_of<LOGISTIC>(f, y, level);
        default: return loss_of<SQUARED>(f, y, level);
    }
}

INLINE void moved(int kind, T& p, T g, T& one, T& two, const Move& by, const Rule& rule) {
    switch (kind) {
        case ADAMW: return update_one<ADAMW>(p, g, one, two, by, rule);
        case SGD: return update_one<SGD>(p, g, one, two, by, rule);
        case ADAGRAD: return update_one<ADAGRAD>(p, g, one, two, by, rule);
        case RMSPROP: return update_one<RMSPROP>(p, g, one, two, by, rule);
        default: return update_one<ADAM>(p, g, one, two, by, rule);
    }
}
