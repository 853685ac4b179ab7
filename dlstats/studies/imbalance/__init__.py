"""Losses for classes of unequal size: what they estimate, which decision they make and when they differ."""
