"""How a study runs: configuration, grid, fingerprints, store, cells, ledger."""
