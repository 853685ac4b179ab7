// A tile of samples through a network, forwards and backwards: every sum runs in the order in which lanes run it, whatever
// CREW, TILE and the shapes of the tiles are. These change the time and no bit.
#pragma once
#include "block.h"

// Thread t's tile of FAST by SLOW, in blocks of two by two: neighbours in a warp then share what they load from one of the
// two factors, t and t ^ 1 or t and t ^ 2, for which shared memory answers at twice the rate.
template <int FAST, int SLOW> INLINE void tile_of(int t, int& fast, int& slow) {
    if constexpr (FAST % 2 == 0 && SLOW % 2 == 0) {
        int block = t / 4;
        fast = block % (FAST / 2) * 2 + t % 2, slow = block / (FAST / 2) * 2 + t / 2 % 2;
    } else fast = t % FAST, slow = t / FAST;
}

// What stands where the affine output z of unit j of layer l does, at sample s: the activation, whose derivative (of prelu:
// z itself) is kept; or the prediction; or the derivative of the loss by it, and with `scored` the loss in its response.
template <int l, bool PREDICT> INLINE T ended(const Block& at, int j, int s, T z, T scale, bool scored, T& derivative) {
    if constexpr (l + 1 < LAYERS) {
        if (ACTIVATION == PRELU) {
            derivative = z;
            return select(z < 0, V{}, z) + at.w[SLOPES_AT + l] * select(z > 0, V{}, z);
        }
        Pair activation = activated(ACTIVATION, z);
        derivative = activation.slope;
        return activation.value;
    } else if constexpr (PREDICT) return z;
    else {
        if (j >= OUTPUTS) return 0;
        T& y = at.y[j * STRIDE + s];
        Lossy loss = compared(LOSS, z, y, (T)at.job.loss_parameter);
        if (scored) y = loss.value;
        return loss.slope * scale;
    }
}

// Adds the products of IN rows of samples and of weights to a tile of 4 units by 4 RUN samples.
template <int IN, int W, int RUN> INLINE void multiplied(T (&sum)[4][4 * RUN], const T* in, const T* w, int apart) {
    UNROLL_8 for (int k = 0; k < IN; k++) {
        Four a = four(w + k * W), x[RUN];
        UNROLL for (int q = 0; q < RUN; q++) x[q] = four(in + k * STRIDE + q * apart);
        UNROLL for (int r = 0; r < 4; r++) UNROLL for (int c = 0; c < 4 * RUN; c++)
            sum[r][c] = fma(x[c / 4].at[c % 4], a.at[r], sum[r][c]);
    }
}

constexpr int run_of(int units) { return units / 4 * TILE / 4 >= 2 * CREW && TILE % 64 == 0 ? 2 : 1; }

// Layer l's outputs of a tile of samples.
template <int l, bool PREDICT> INLINE void forward(const Block& at, T scale, bool scored) {
    constexpr int IN = SIZE[l], OUT = wide(l + 1), W = row(l + 1);
    constexpr bool LAST = l + 1 == LAYERS, BESIDE = SKIP && LAST;
    const T *w = at.w + weight(l), *skip = at.w + weight(LAYERS), *in = at.of(l), *x = at.of(0);
    T *out = at.of(l + 1), *derivatives = at.derivatives_of(l + 1);
    if constexpr (OUT % 4 == 0) {
        constexpr int GROUPS = OUT / 4, RUN = run_of(OUT), ACROSS = TILE / 4 / RUN, APART = 4 * ACROSS;
        UNROLL_1 for (int t = ME; t < GROUPS * ACROSS; t += CREW) {
            int s, j;
            tile_of<ACROSS, GROUPS>(t, s, j);
            s *= 4, j *= 4;
            T sum[4][4 * RUN];
            Four b = four(w + IN * W + j);
            UNROLL for (int r = 0; r < 4; r++) UNROLL for (int c = 0; c < 4 * RUN; c++) sum[r][c] = b.at[r];
            multiplied<IN, W, RUN>(sum, in + s, w + j, APART);
            if constexpr (BESIDE) multiplied<INPUTS, W, RUN>(sum, x + s, skip + j, APART);
            UNROLL for (int r = 0; r < 4; r++) UNROLL for (int q = 0; q < RUN; q++) {
                Four value, beside;
                int sample = s + q * APART, offset = (j + r) * STRIDE + sample;
                UNROLL for (int c = 0; c < 4; c++)
                    value.at[c] = ended<l, PREDICT>(at, j + r, sample + c, sum[r][q * 4 + c], scale, scored, beside.at[c]);
                put(out + offset, value);
                if constexpr (DERIVATIVES && !LAST) put(derivatives + offset, beside);
            }
        }
    } else {
        UNROLL_1 for (int t = ME; t < OUT * TILE; t += CREW) {
            int s = t % TILE, j = t / TILE;
            T sum = w[IN * W + j], beside;
            UNROLL_8 for (int k = 0; k < IN; k++) sum = fma(in[k * STRIDE + s], w[k * W + j], sum);
            if constexpr (BESIDE)
                UNROLL_8 for (int k = 0; k < INPUTS; k++) sum = fma(x[k * STRIDE + s], skip[k * W + j], sum);
            out[j * STRIDE + s] = ended<l, PREDICT>(at, j, s, sum, scale, scored, beside);
            if constexpr (DERIVATIVES && !LAST) derivatives[j * STRIDE + s] = beside;
        }
    }
}

constexpr int portion(int in, int out) { return (in * out + CREW - 1) / CREW; }
constexpr int rows_of(int in, int out) {  // of a thread's tile of the weights' gradient
    int each = portion(in, out);
    if (in < 8) return in >= 4 && each > 1 ? (in + 1) / 2 : 1;
    return each >= 32 ? 8 : each >= 8 ? 4 : each >= 4 ? 2 : 1;
}
constexpr int columns_of(int in, int out) {
    int each = portion(in, out) / rows_of(in, out);
    return out < 8 ? 1 : each >= 4 ? 4 : each >= 2 ? 2 : 1;
}

// Adds the gradient of IN by OUT weights over `now` samples of a and d, in their order.
template <int IN, int OUT, int W> INLINE void weights_gradient(const T* a, const T* d, T* g, int now, bool fresh) {
    constexpr int KT = rows_of(IN, OUT), JT = columns_of(IN, OUT), KS = (IN + KT - 1) / KT, JS = (OUT + JT - 1) / JT;
    UNROLL_1 for (int t = ME; t < KS * JS; t += CREW) {
        int k, j;
        tile_of<JS, KS>(t, j, k);
        T sum[KT][JT];
        UNROLL for (int r = 0; r < KT; r++) UNROLL for (int c = 0; c < JT; c++) {
            int kk = k + r * KS, jj = j + c * JS;
            sum[r][c] = fresh || kk >= IN || jj >= OUT ? 0 : g[kk * W + jj];
        }
        // a tile that hangs over the edge reads its first row again and keeps nothing of it
        const T *left = a + k * STRIDE, *right = d + j * STRIDE;
        int over_k = IN % KT && k + (KT - 1) * KS >= IN ? KT - 1 : KT;
        int over_j = OUT % JT && j + (JT - 1) * JS >= OUT ? JT - 1 : JT;
        int s = 0;
        UNROLL_2 for (; s + 4 <= now; s += 4, left += 4, right += 4) {
            Four x[KT], y[JT];
            UNROLL for (int r = 0; r < KT; r++) x[r] = four(left + (r < over_k ? r * KS * STRIDE : 0));
            UNROLL for (int c = 0; c < JT; c++) y[c] = four(right + (c < over_j ? c * JS * STRIDE : 0));
            UNROLL for (int q = 0; q < 4; q++) UNROLL for (int r = 0; r < KT; r++) UNROLL for (int c = 0; c < JT; c++)
                sum[r][c] = fma(x[r].at[q], y[c].at[q], sum[r][c]);
        }
        UNROLL_1 for (; s < now; s++, left++, right++)
            UNROLL for (int r = 0; r < KT; r++) UNROLL for (int c = 0; c < JT; c++)
                sum[r][c] = fma(left[r < over_k ? r * KS * STRIDE : 0], right[c < over_j ? c * JS * STRIDE : 0], sum[r][c]);
        UNROLL for (int r = 0; r < KT; r++) UNROLL for (int c = 0; c < JT; c++) {
            int kk = k + r * KS, jj = j + c * JS;
            if ((IN % KT == 0 || kk < IN) && (OUT % JT == 0 || jj < OUT)) g[kk * W + jj] = sum[r][c];
        }
    }
}

// Of the biases, by the threads that the last round of weights left idle.
template <int OUT> INLINE void bias_gradient(const T* d, T* g, int now, bool fresh) {
    UNROLL_1 for (int j = CREW - 1 - ME; j < OUT; j += CREW) {
        T sum = fresh ? 0 : g[j];
        UNROLL_8 for (int s = 0; s < now; s++) sum += d[j * STRIDE + s];
        g[j] = sum;
    }
}

INLINE T through(const Block& at, T v, T value, T derivative) {  // the derivative by the affine output, from that by the unit's
    if (ACTIVATION == PRELU) return v;
    return ACTIVATION == RELU ? select(value <= 0, V{}, v) : v * derivative;
}

// From the derivative by layer l's affine outputs to that of the layer below, written over its values.
template <int l> INLINE void inputs_gradient(const Block& at) {
    constexpr int IN = wide(l), OUT = SIZE[l + 1], W = row(l + 1);
    const T *w = at.w + weight(l), *d = at.of(l + 1), *derivatives = at.derivatives_of(l);
    T* out = at.of(l);
    if constexpr (IN % 4 == 0) {
        constexpr int GROUPS = IN / 4, RUN = run_of(IN), ACROSS = TILE / 4 / RUN, APART = 4 * ACROSS;
        UNROLL_1 for (int t = ME; t < GROUPS * ACROSS; t += CREW) {
            int s, k;
            tile_of<ACROSS, GROUPS>(t, s, k);
            s *= 4;
            T sum[4][4 * RUN] = {};
            UNROLL_8 for (int j = 0; j + 4 <= OUT; j += 4) {
                Four a[4];
                UNROLL for (int r = 0; r < 4; r++) a[r] = four(w + (k + r * GROUPS) * W + j);
                UNROLL for (int q = 0; q < 4; q++) {
                    Four x[RUN];
                    UNROLL for (int p = 0; p < RUN; p++) x[p] = four(d + (j + q) * STRIDE + s + p * APART);
                    UNROLL for (int r = 0; r < 4; r++) UNROLL for (int c = 0; c < 4 * RUN; c++)
                        sum[r][c] = fma(x[c / 4].at[c % 4], a[r].at[q], sum[r][c]);
                }
            }
            UNROLL for (int j = OUT / 4 * 4; j < OUT; j++) {
                Four x[RUN];
                UNROLL for (int p = 0; p < RUN; p++) x[p] = four(d + j * STRIDE + s + p * APART);
                UNROLL for (int r = 0; r < 4; r++) UNROLL for (int c = 0; c < 4 * RUN; c++)
                    sum[r][c] = fma(x[c / 4].at[c % 4], w[(k + r * GROUPS) * W + j], sum[r][c]);
            }
            UNROLL for (int r = 0; r < 4; r++) UNROLL for (int q = 0; q < RUN; q++) {
                int offset = (k + r * GROUPS) * STRIDE + s + q * APART;
                Four now = four(out + offset), beside = DERIVATIVES ? four(derivatives + offset) : now;
                UNROLL for (int c = 0; c < 4; c++) now.at[c] = through(at, sum[r][q * 4 + c], now.at[c], beside.at[c]);
                put(out + offset, now);
            }
        }
    } else {
        UNROLL_1 for (int t = ME; t < IN * TILE; t += CREW) {
            int s = t % TILE, k = t / TILE;
            T sum = 0;
            UNROLL_8 for (int j = 0; j < OUT; j++) sum = fma(d[j * STRIDE + s], w[k * W + j], sum);
            T& here = out[k * STRIDE + s];
            here = through(at, sum, here, DERIVATIVES ? derivatives[k * STRIDE + s] : here);
        }
    }
}
