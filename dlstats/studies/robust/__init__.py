"""Family robust: robust and quantile losses, from exact efficiency to conformal networks."""
