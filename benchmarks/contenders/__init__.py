"""Ways to train the same networks. Each module has functions `prepare(shape, x, y, start)` by name in `FORMS`; they
give `train(steps)`, which trains from the start and returns the training losses (reps,)."""
