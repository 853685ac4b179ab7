"""Speed of the engine beside its rivals; never imported by the package."""
