"""Whether the Monte Carlo layer itself can be trusted: its errors, intervals, verdicts, stopping rules and streams."""
