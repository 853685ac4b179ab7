"""Lanes: one SIMD lane, one network. A back end of the engine for CPUs, compiled on first use."""
