"""Losses for class imbalance: what they estimate, which decision they make and when they differ."""
