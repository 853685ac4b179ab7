// A block of samples through one group's network, forwards and backwards, all in cache.
#pragma once
#include <vector>
#include "activations.h"
#include "job.h"
#include "products.h"

template <int A> void activate_rows(V* h, V* slope, long rows, long units, long stride) {
    for (long s = 0; s < rows; s++)
        for (long j = s * stride; j < s * stride + units; j++) {
            Pair found = activation_of<A>(h[j]);
            h[j] = found.value;
            slope[j] = found.slope;
        }
}

static void activate(int kind, V* h, V* slope, long rows, long units, long stride) {
    switch (kind) {
        case LEAKY_RELU: return activate_rows<LEAKY_RELU>(h, slope, rows, units, stride);
        case ELU: return activate_rows<ELU>(h, slope, rows, units, stride);
        case SELU: return activate_rows<SELU>(h, slope, rows, units, stride);
        case SOFTPLUS: return activate_rows<SOFTPLUS>(h, slope, rows, units, stride);
        case GELU: return activate_rows<GELU>(h, slope, rows, units, stride);
        case SILU: return activate_rows<SILU>(h, slope, rows, units, stride);
        case SIGMOID: return activate_rows<SIGMOID>(h, slope, rows, units, stride);
        case TANH: return activate_rows<TANH>(h, slope, rows, units, stride);
        default: return;
    }
}

// max(z, 0) + slope min(z, 0); keeps z for the way back.
static void prelu(V slope, V* h, V* kept, long rows, long units, long stride) {
    for (long s = 0; s < rows; s++)
        for (long j = s * stride; j < s * stride + units; j++) {
            V z = kept[j] = h[j];
            h[j] = select(z < 0, V{}, z) + slope * select(z > 0, V{}, z);
        }
}

// Turns the gradient in `g` into that of z, and returns the slope's gradient, summed by samples, then units: lane by lane,
// or, where the units lie side by side, in the first lane.
template <bool WIDE> static V prelu_back(V slope, V* g, const V* kept, long rows, long units, long columns, long stride) {
    V sum = V{};
    for (long s = 0; s < rows; s++)
        for (long j = 0; j < columns; j++) {
            V z = kept[s * stride + j], below = select(z > 0, V{}, z), &here = g[s * stride + j];
            if constexpr (WIDE)
                for (long lane = 0; lane < L && j * L + lane < units; lane++) sum[0] = fma_one(here[lane], below[lane], sum[0]);
            else sum = fma(here, below, sum);
            here *= select(z < 0, V{}, all(1)) + slope * select(z > 0, V{}, all(1));
        }
    return sum;
}

struct Layer {
    long in, out;        // units
    long columns;        // vectors that hold the outputs of one unit, padding apart
    long stride;         // vectors from one unit's weights to the next one's
    long weight, bias, slope;  // where they lie, in vectors
};

// Rows of 8, 16, ... vectors fall into the same few sets of the first cache: one vector of padding spreads them.
INLINE long spread(long columns) { return columns >= 8 && columns % 8 == 0 ? columns + 1 : columns; }

struct Plan {
    std::vector<Layer> layers;
    long inputs, outputs, skip = -1, vectors = 0, widest = 0;
    int activation;
    bool wide;

    explicit Plan(const Job& job) : activation(job.activation), wide(job.wide) {
        inputs = job.sizes[0], outputs = job.sizes[job.layers];
        layers.reserve(job.layers);
        for (long l = 0; l < job.layers; l++) {
            long in = job.sizes[l], out = job.sizes[l + 1], columns = across(out), stride = spread(columns);
            Layer layer{in, out, columns, stride, vectors, vectors + in * stride, -1};
            vectors = layer.bias + columns;
            if (activation == PRELU && l + 1 < job.layers) layer.slope = vectors++;
            widest = in > widest ? in : widest;
            layers.push_back(layer);
        }
        if (job.skip) skip = vectors, vectors += inputs * layers.back().stride;
    }

    long across(long units) const { return wide ? (units + L - 1) / L : units; }
    long row(long l) const { return layers[l].stride; }  // vectors of one sample's outputs of layer l
    bool smooth() const { return activation != RELU; }
};

// Memory of one thread: cache-line aligned, nothing shared.
struct Arena {
    std::vector<char> bytes;
    size_t used = 0;
    void reserve(size_t vectors) { bytes.resize((vectors + 2) * sizeof(V)); used = 0; }
    V* take(size_t vectors) {
        size_t base = (reinterpret_cast<size_t>(bytes.data()) + sizeof(V) - 1) / sizeof(V) * sizeof(V);
        V* found = reinterpret_cast<V*>(base) + used;
        used += vectors;
        return found;
    }
};

template <bool WIDE> struct Network {
    const Plan& plan;
    std::vector<V*> h, slope;     // of every layer: outputs (then their gradients), derivatives of the activation
    std::vector<V*> turned;       // wide only: weights with fan_in across
    const T* x = nullptr;         // the block's inputs
    long x_row;                   // numbers from one sample's inputs to the next
    static constexpr long STEP = WIDE ? 1 : L;  // from one unit to the next

    Network(const Plan& p, Arena& arena, long block) : plan(p), x_row(p.inputs * STEP) {
        for (size_t l = 0; l < p.layers.size(); l++) {
            const Layer& layer = p.layers[l];
            h.push_back(arena.take(block * layer.stride));
            slope.push_back(p.smooth() ? arena.take(block * layer.stride) : nullptr);
            turned.push_back(WIDE && l ? arena.take(layer.out * spread(p.across(layer.in))) : nullptr);
        }
    }

    static long room(const Plan& p, long block) {
        long sum = 0;
        for (const Layer& l : p.layers)
            sum += block * l.stride * (p.smooth() ? 2 : 1) + (WIDE ? l.out * spread(p.across(l.in)) : 0);
        return sum;
    }

    Along<STEP> inputs_of(long l) const {
        if (l == 0) return {x, x_row};
        return {reinterpret_cast<const T*>(h[l - 1]), plan.row(l - 1) * L};
    }

    V slope_of(const V* w, long l) const {
        return WIDE ? all(w[plan.layers[l].slope][0]) : w[plan.layers[l].slope];
    }

    // Predictions of `n` samples at `x` into the last layer's rows.
    V* forward(const V* w, long n) {
        long last = plan.layers.size() - 1;
        for (long l = 0; l <= last; l++) {
            const Layer& y = plan.layers[l];
            const V* bias = w + y.bias;
            V* out = h[l];
            Along<L> b{reinterpret_cast<const T*>(w + y.weight), y.stride * L};
            auto start = [=](long, long j) { return bias[j]; };
            if (l < last && plan.activation == RELU)
                product<WIDE>(n, y.columns, y.in, inputs_of(l), b, start, [=](long i, long j, V z) {
                    out[i * y.stride + j] = select(z <= 0, V{}, z);
                });
            else
                product<WIDE>(n, y.columns, y.in, inputs_of(l), b, start,
                              [=](long i, long j, V z) { out[i * y.stride + j] = z; });
            if (l < last && plan.activation == PRELU) prelu(slope_of(w, l), out, slope[l], n, y.columns, y.stride);
            else if (l < last) activate(plan.activation, out, slope[l], n, y.columns, y.stride);
        }
        if (plan.skip >= 0) add_skip(w, n);
        return h[last];
    }

    void add_skip(const V* w, long n) {
        const Layer& y = plan.layers.back();
        V* out = h.back();
        Along<L> b{reinterpret_cast<const T*>(w + plan.skip), y.stride * L};
        product<WIDE>(n, y.columns, plan.inputs, inputs_of(0), b, [=](long i, long j) { return out[i * y.stride + j]; },
                      [=](long i, long j, V z) { out[i * y.stride + j] = z; });
    }

    // Weights with fan_in across, for the way back of `wide`: once a step.
    void turn(const V* w) {
        for (size_t l = 1; WIDE && l < plan.layers.size(); l++) {
            const Layer& y = plan.layers[l];
            long stride = spread(plan.across(y.in)) * L;
            const T* from = reinterpret_cast<const T*>(w + y.weight);
            T* to = reinterpret_cast<T*>(turned[l]);
            for (long o = 0; o < y.out; o++) {
                for (long k = 0; k < y.in; k++) to[o * stride + k] = from[k * y.stride * L + o];
                for (long k = y.in; k < stride; k++) to[o * stride + k] = 0;
            }
        }
    }

    // Adds the block's gradient to `g` (which a `fresh` block overwrites) from the gradient by the predictions, which
    // stands where they stood.
    void backward(const V* w, V* g, long n, bool fresh) {
        long last = plan.layers.size() - 1;
        for (long l = last; l >= 0; l--) {
            const Layer& y = plan.layers[l];
            Along<STEP> delta{reinterpret_cast<const T*>(h[l]), y.stride * L};
            weights_gradient(inputs_of(l), y.in, y, h[l], g + y.weight, n, fresh);
            bias_gradient(h[l], y, g + y.bias, n, fresh);
            if (l == last && plan.skip >= 0) weights_gradient(inputs_of(0), plan.inputs, y, h[l], g + plan.skip, n, fresh);
            if (l == 0) break;
            inputs_gradient(delta, w, l, n);
            const Layer& below = plan.layers[l - 1];
            if (plan.activation == PRELU) {
                V sum = prelu_back<WIDE>(slope_of(w, l - 1), h[l - 1], slope[l - 1], n, below.out, below.columns, below.stride);
                g[below.slope] = fresh ? sum : g[below.slope] + sum;
            } else if (plan.smooth()) multiply(h[l - 1], slope[l - 1], below, n);
        }
    }

    void weights_gradient(Along<STEP> a, long in, const Layer& y, const V* delta, V* g, long n, bool fresh) {
        Across<STEP> left{a.at, a.outer};
        Along<L> right{reinterpret_cast<const T*>(delta), y.stride * L};
        long stride = y.stride;
        product<WIDE>(in, y.columns, n, left, right, [=](long i, long j) { return fresh ? V{} : g[i * stride + j]; },
                      [=](long i, long j, V sum) { g[i * stride + j] = sum; });
    }

    // In the order of samples, several units side by side: one sum alone waits for its last addition.
    void bias_gradient(const V* delta, const Layer& y, V* g, long n, bool fresh) {
        long j = 0;
        for (; j + 8 <= y.columns; j += 8) bias_sums<8>(delta + j, y.stride, g + j, n, fresh);
        for (; j < y.columns; j++) bias_sums<1>(delta + j, y.stride, g + j, n, fresh);
    }

    template <int COLUMNS> static void bias_sums(const V* delta, long stride, V* g, long n, bool fresh) {
        V sum[COLUMNS];
#pragma GCC unroll 8
        for (int c = 0; c < COLUMNS; c++) sum[c] = fresh ? V{} : g[c];
        for (long s = 0; s < n; s++, delta += stride)
#pragma GCC unroll 8
            for (int c = 0; c < COLUMNS; c++) sum[c] += delta[c];
#pragma GCC unroll 8
        for (int c = 0; c < COLUMNS; c++) g[c] = sum[c];
    }

    void inputs_gradient(Along<STEP> delta, const V* w, long l, long n) {
        const Layer &y = plan.layers[l], &below = plan.layers[l - 1];
        long columns = below.columns, stride = below.stride;
        V* out = h[l - 1];
        auto weights = [&] {
            if constexpr (WIDE) return Along<L>{reinterpret_cast<const T*>(turned[l]), spread(plan.across(y.in)) * L};
            else return Across<L>{reinterpret_cast<const T*>(w + y.weight), y.stride * L};
        }();
        auto none = [](long, long) { return V{}; };
        if (plan.activation == RELU)
            product<WIDE>(n, columns, y.out, delta, weights, none, [=](long i, long j, V v) {
                V& at = out[i * stride + j];
                at = select(at <= 0, V{}, v);
            });
        else
            product<WIDE>(n, columns, y.out, delta, weights, none, [=](long i, long j, V v) { out[i * stride + j] = v; });
    }

    static void multiply(V* g, const V* by, const Layer& y, long n) {
        for (long s = 0; s < n; s++)
            for (long j = s * y.stride; j < s * y.stride + y.columns; j++) g[j] *= by[j];
    }
};
