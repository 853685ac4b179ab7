"""Measures of classifiers and of piecewise linear networks."""
