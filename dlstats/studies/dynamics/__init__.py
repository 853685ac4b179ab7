"""Dynamics: what signals, gradients and kernels do at initialisation and in training, and what networks do that interpolate."""
