"""How large classes of networks are: covering numbers, shattering, Rademacher complexity, memorising."""
