"""Settings that a study and its claims share; apart from both, so that a changed claim reruns no cell."""

GAMMAS = (0.5, 1, 2, 3, 5)
"""Values of the focal loss's gamma that are checked."""
PRIOR, DISTANCE = 0.02, 2.0
"""Prevalence and distance of the two Gaussians of the study of weighting."""
WEIGHTS = (10, 100)
OFFSET = 2.0
SCALES = (0.5, 0.25)
"""What class 1 gets on separable data: a weight, an additive or a multiplicative margin."""
NETWORKS = (
    "cross_entropy",
    "weighted",
    "class_balanced",
    "focal",
    "logit_adjusted",
    "vector_scaling",
    "ldam",
    "dice",
    "dice_cross_entropy",
    "tversky",
    "auc",
    "oversampled",
    "undersampled",
    "firth",
)
"""Methods of the study of networks."""
