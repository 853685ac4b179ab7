"""Losses from likelihoods: what they inform about, what they elicit, and the small models that courses begin with."""
