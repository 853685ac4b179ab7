"""Pointwise losses by family; each names the functional that it elicits."""
