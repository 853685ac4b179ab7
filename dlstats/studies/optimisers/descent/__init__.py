"""What do gradient descent, momentum and adaptive rates do on losses so simple that every number is exact?"""

from __future__ import annotations

from dlstats.protocol.study import Study
from dlstats.studies.optimisers.descent import fixed_rates, momentum_rules

STUDY = Study(
    title="Optimisers on losses of one line",
    aims="What do the update rules that lectures print do, and those of torch.optim, on quadratics, |w| and other losses so "
    "simple that every number is exact?",
    mechanisms="No data and no noise unless a claim says so: recursions of numbers from a fixed start.",
    estimands="Distance from the minimum, factors per step, numbers of steps.",
    experiments={"momentum": momentum_rules.MOMENTUM_RULES},
    claims=momentum_rules.CLAIMS,
    checks=fixed_rates.CHECKS,
    figures=(momentum_rules.FIGURE,),
    limits="Quadratics and losses of one parameter: what an optimiser does on a network is not asked here.",
    designs={
        "smoke": {"momentum": momentum_rules.DESIGN},
    },
)
