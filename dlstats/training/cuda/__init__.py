"""CUDA: one block of threads per network. A back end of the engine for GPUs with the bits of lanes, NaNs apart.

Compiled by NVRTC on first use. Compiled and emulated so far, not yet run on a GPU.
"""
