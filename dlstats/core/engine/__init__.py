"""How a block of replicates is trained: back ends behind the one contract of `dlstats.core.train`."""
