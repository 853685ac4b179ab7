"""Style, curves and simulation plots, for figures of studies and of the report."""
