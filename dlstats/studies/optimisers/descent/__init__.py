"""What do gradient descent, momentum and adaptive rates do on losses so simple that every number is exact?"""

from __future__ import annotations

from dlstats.protocol.study import Study
from dlstats.studies.optimisers.descent import (
    adam_examples,
    adaptive_rates,
    fixed_rates,
    momentum_rates,
    momentum_rules,
    scaling,
    schedules,
    stopping,
    torch_rules,
)

ALIKE = {
    "momentum": momentum_rules.DESIGN,
    "stopping": stopping.DESIGN,
    "scaling": scaling.DESIGN,
    **momentum_rates.DESIGNS,
    **adaptive_rates.DESIGNS,
}
"""What every design has, as it is exact and costs nothing."""

STUDY = Study(
    title="Optimisers on losses of one line",
    aims="What do the update rules that lectures print do, and those of torch.optim, on quadratics, |x| and other losses so "
    "simple that every number is exact?",
    mechanisms="Recursions of numbers from a fixed start. Noise enters as its variance, except in two places: losses drawn "
    "at random for Adam's memory, and random orthonormal bases of a quadratic.",
    estimands="Distance from the minimum, factors per step, numbers of steps, regret, mean square of the last iterate.",
    experiments={
        "momentum": momentum_rules.MOMENTUM_RULES,
        "tuned": momentum_rates.TUNED,
        "oscillations": momentum_rates.OSCILLATIONS,
        "stopping": stopping.STOPPING,
        "scaling": scaling.SCALING,
        "absolute": adaptive_rates.ABSOLUTE,
        "arrival": adaptive_rates.ARRIVAL,
        "warm_up": adaptive_rates.WARM_UP,
        "last": schedules.LAST,
        "best": schedules.BEST,
        "decay": schedules.DECAY,
        "periodic": adam_examples.PERIODIC,
        "rare": adam_examples.RARE_GRADIENTS,
        "rotated": adam_examples.ROTATED,
    },
    claims=(
        *stopping.CLAIMS,
        *scaling.CLAIMS,
        *momentum_rules.CLAIMS,
        *momentum_rates.CLAIMS,
        *adaptive_rates.CLAIMS,
        *schedules.CLAIMS,
        *adam_examples.CLAIMS,
    ),
    checks=(
        *fixed_rates.CHECKS,
        *stopping.CHECKS,
        *scaling.CHECKS,
        *momentum_rates.CHECKS,
        *adaptive_rates.CHECKS,
        *schedules.CHECKS,
        *adam_examples.CHECKS,
        *torch_rules.CHECKS,
    ),
    figures=(momentum_rules.FIGURE, schedules.FIGURE),
    limits="Quadratics and losses of one parameter: what an optimiser does on a network is not asked here.",
    designs={
        "smoke": ALIKE | schedules.designs(1000, [0.01, 0.1]) | adam_examples.designs([0.99, 0.9999], 500, 100, 20),
        "standard": ALIKE
        | schedules.designs(schedules.LONG, schedules.RATES)
        | adam_examples.designs([0.9, 0.99, 0.9999], 100_000, 2000, 100),
        "paper": ALIKE
        | schedules.designs(schedules.LONG, schedules.RATES)
        | adam_examples.designs([0.9, 0.99, 0.999, 0.9999], 400_000, 2000, 400),
    },
)
