"""Rates of excess risk, structure, and what stands between theory and a trained network."""
