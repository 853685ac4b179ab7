"""What the public losses need beside predictions and responses, and how many outputs they read."""

HELPERS = {"ROBUST", "barron", "in_order", "effective_number_weights", "inverse_frequency", "ldam_margins"}
"""Names of the room that are no losses."""
OPTIONS = {
    "weighted": {"weights": (0.5, 4.0)},
    "expected_cost": {"costs": ((0.0, 1.0), (5.0, 0.0))},
    "focal": {"gamma": 2.0},
    "logit_adjusted": {"prior": (0.9, 0.1)},
    "balanced_softmax": {"counts": (90, 10)},
    "ldam": {"margins": (0.2, 0.5)},
    "vector_scaling": {"scales": (1.0, 0.5), "offsets": (-1.0, 1.0)},
    "tversky": {"false_positive": 0.3, "false_negative": 0.7},
}
OUTPUTS = {"adaptive": 3, "adaptive_shared": 3}
