"""Likelihood and foundations: what losses from likelihoods say and elicit, and what courses begin with."""
