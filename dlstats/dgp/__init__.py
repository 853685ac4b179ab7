"""Data-generating processes; each carries its truth."""
