// What Python hands over: job.py holds the same structure, field by field.
#pragma once
#include "vector.h"

// Memory of Python's, and how many numbers it holds: check.h compares them with what an entry reads and writes.
template <class N> struct Buffer {
    N* at;
    int64_t numbers;
    operator N*() const { return at; }
};

struct Job {
    int64_t number_bytes;  // of T, as Python has it
    // The network and how it lies: lanes (one network a lane) or wide (one network, units side by side).
    int64_t layers, activation, skip, wide;
    Buffer<const int64_t> sizes;  // (layers + 1)
    // The rows trained, their state in groups, and their data.
    int64_t rows, samples, checked_samples, x_rows, y_rows, checked_x_rows, checked_y_rows;
    Buffer<T> parameters;  // (rows, p)
    Buffer<T> state;       // (groups, slots, vectors, L)
    Buffer<const T> x, y, checked_x, checked_y;
    Buffer<const double> rates;    // (rows)
    Buffer<const double> factors;  // (steps), of the schedule
    Buffer<const int32_t> orders;  // (generators, span), the samples of steps begin, ..., end - 1; null for all samples
    int64_t generators, span;
    // The training.
    int64_t steps, begin, end, batch, every, patience, optimiser, loss, keep_best, block, threads;
    double beta1, beta2, eps, weight_decay, momentum;
    double loss_parameter;
    // The record of every row, where the best weights are kept.
    Buffer<double> score;
    Buffer<int64_t> best_step, idle, last_step;
    Buffer<uint8_t> running, finite;
    // A loss that lives in Python: predictions out, the gradient with respect to them and the scores in, each
    // (samples, outputs, across) with the rows last.
    int64_t across;
    Buffer<T> outputs;
    Buffer<const T> output_gradient;
    Buffer<const double> scores;
    int64_t slot;  // whose parameters pack, unpack and forward mean: 0 the current, 1 the best
};

constexpr int EXTERNAL = -1;
