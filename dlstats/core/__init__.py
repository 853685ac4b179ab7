"""How to simulate: seeds, data-generating processes, networks, losses, training, measures, Monte Carlo error."""
