"""What does a baseline take off the variance of a policy gradient, and when do temporal differences diverge?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from dlstats.plotting.curves import interval, points
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import policy as theory

LOGITS, REWARDS = np.array([0.6, 0.0, -0.4, -1.0]), np.array([1.0, 0.5, 2.0, 0.0])
"""Of the four actions; to rewards an offset is added."""
NOISE, EPISODES = 1.0, 100
RATE, DISCOUNT, POWER = 0.01, 0.99, 2**15
NEAR_THE_CHANGE = 0.9, 0.87
"""Discounts on both sides of 15/17."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Squared distance from the true gradient of one-episode estimates, by torch.distributions and autograd.

    A replicate is the mean over `EPISODES` independent estimates, and for the bias the squared distance of their mean.
    """
    import torch

    rewards = REWARDS + condition.offset
    truth = theory.gradient(LOGITS, rewards)
    uniform = streams.draw(lambda rng: rng.random(EPISODES), "actions")
    noise = streams.draw(lambda rng: NOISE * rng.standard_normal(EPISODES), "rewards")
    p = np.exp(LOGITS) / np.exp(LOGITS).sum()
    actions = np.minimum(np.searchsorted(np.cumsum(p), uniform), len(p) - 1)
    logits = torch.tensor(LOGITS).expand(*actions.shape, -1).clone().requires_grad_()
    (score,) = torch.autograd.grad(
        torch.distributions.Categorical(logits=logits).log_prob(torch.as_tensor(actions)).sum(), logits
    )
    baselines = {"none": 0.0, "mean": float(p @ rewards), "best": theory.best_baseline(LOGITS, rewards)}
    columns = {}
    for name, baseline in baselines.items():
        estimates = (rewards[actions] + noise - baseline)[..., None] * score.numpy()
        of_mean = EPISODES * ((estimates.mean(axis=1) - truth) ** 2).sum(axis=1)
        columns[name] = {"variance": ((estimates - truth) ** 2).sum(axis=2).mean(axis=1), "of_mean": of_mean}
    return stacked(streams, columns)


GRADIENTS = Experiment(
    simulate,
    factors={"offset": Factor("offset of all rewards", float, symbol="c", at_least=-1e6, at_most=1e6)},
    methods={
        "none": Method("no baseline", "the reward times the score"),
        "mean": Method("mean reward", "the mean reward of the policy is subtracted"),
        "best": Method("best baseline", "the mean reward weighted by the squared norm of the score is subtracted"),
    },
    measures=(
        Measure("variance", "total variance of one estimate"),
        Measure(
            "of_mean", f"{EPISODES} times the squared distance of the mean of {EPISODES} estimates from the gradient"
        ),
    ),
    block=200,
)
OFFSETS = [0.0, 2.0, 5.0, 10.0]


def _exact(method: str, offset: float) -> float:
    rewards = REWARDS + offset
    p = np.exp(LOGITS) / np.exp(LOGITS).sum()
    baseline = {"none": 0.0, "mean": float(p @ rewards), "best": theory.best_baseline(LOGITS, rewards)}[method]
    return theory.total_variance(LOGITS, rewards, NOISE, baseline)


CLAIMS = (
    Claim(
        "FND16",
        "One REINFORCE estimate for a softmax policy, which takes action a with probability p_a and has the reward r_a with "
        "variance σ² for it, has the total variance Σ p_a ((r_a − b)² + σ²) |e_a − p|² − |∇|² with the baseline b, the a-th "
        "unit vector e_a and the gradient ∇; at c = 10 the mean reward as baseline leaves {share:.3f} of what there is "
        "without (ratio to that, farthest of three baselines and four c, which is added to all rewards).",
        equals(1, 0.05),
        value("variance").each("offset", "method").over_theory(lambda line: _exact(line["method"], line["offset"])),
        Derived("policy.md#variance-of-reinforce"),
        ("JSM",),
        {"share": _exact("mean", OFFSETS[-1]) / _exact("none", OFFSETS[-1])},
    ),
    Claim(
        "FND16.unbiased",
        f"A constant baseline leaves REINFORCE without bias: the mean of {EPISODES} estimates has the variance of one, divided "
        f"by {EPISODES}, as its mean squared distance from the gradient (ratio, farthest of two baselines and four offsets of "
        "the rewards).",
        equals(1, 0.08),
        value("of_mean", method=["mean", "best"])
        .each("offset", "method")
        .over_theory(lambda line: _exact(line["method"], line["offset"])),
        Derived("policy.md#variance-of-reinforce"),
        ("JSM",),
    ),
)


def best_is_not_the_mean() -> float:
    """The constant of least variance by a search, less the weighted mean."""
    found = scipy.optimize.minimize_scalar(
        lambda b: theory.total_variance(LOGITS, REWARDS, NOISE, b), (-5, 0, 5), tol=1e-12
    )
    return float(found.x) - theory.best_baseline(LOGITS, REWARDS)


def powers_growth() -> dict[str, float]:
    """Growth a step of Baird's weights by powers of the expected step, without eigenvalues, less the root, by discount."""
    features, moves = theory.baird()
    found = {}
    for discount in (DISCOUNT, *NEAR_THE_CHANGE):
        step = np.eye(8) - RATE * features.T @ (features - discount * moves @ features) / 7
        sizes = [np.linalg.norm(np.linalg.matrix_power(step, power)) for power in (POWER, 2 * POWER)]
        found[f"γ = {discount}"] = float((sizes[1] / sizes[0]) ** (1 / POWER)) - theory.baird_growth(RATE, discount)
    return found


def on_policy_growth() -> float:
    """The spectral radius when only the state is updated in which the target policy stays."""
    weights = np.array([0.0] * 6 + [1.0])
    return theory.expected_growth(*theory.baird(), weights, RATE, DISCOUNT)


CHECKS = (
    Check(
        "FND16.best",
        "The constant of least variance is the mean reward weighted by the squared norm of the score (search over constants; "
        "difference).",
        equals(0, 1e-6), best_is_not_the_mean, Derived("policy.md#the-best-constant"), ("JSM",),
    ),
    Check(
        "FND17",
        "Temporal differences with linear values can diverge although every reward is 0 and the values can be exact: in Baird's "
        f"example, all states visited equally, the weights grow by {theory.baird_growth(RATE, DISCOUNT):.6f} in an expected step "
        f"of {RATE:g} at γ = {DISCOUNT:g}, at every rate for γ ≥ 15/17 and at no small one below (growth by powers of the step "
        "less the root of a quadratic; γ = 0.99, 0.9 and 0.87).",
        equals(0, 3e-5), powers_growth, Derived("policy.md#the-example-of-baird"), ("JSM",),
    ),
    Check(
        "FND17.on_policy",
        "Where only the state is updated in which the target policy stays, the same updates do not grow (spectral radius).",
        equals(1.0, 1e-9), on_policy_growth, Derived("policy.md#updates-where-the-target-policy-stays"), ("JSM",),
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    fine = np.linspace(OFFSETS[0], OFFSETS[-1], 100)
    for name, described in GRADIENTS.methods.items():
        table, marks = points(evidence, "variance", over="offset", method=name), style.of(name, described)
        bars = interval(table["estimate"], table["mcse"], log=True)
        axes.errorbar(
            table["at"], table["estimate"], yerr=bars, label=described.label, **(marks | {"linestyle": "none"})
        )
        axes.plot(fine, [_exact(name, c) for c in fine], **(style.method("limit") | {"color": marks["color"]}))
    axes.set(yscale="log", xlabel=evidence.axis("offset"), ylabel=evidence.axis("variance"))
    axes.legend()


STUDY = Study(
    title="Policy gradients and temporal differences",
    aims="What does a baseline take off the variance of a policy gradient, and can temporal differences diverge where nothing "
    "has to be learned?",
    mechanisms=f"A bandit with four actions and a softmax policy, rewards N(r_a + c, {NOISE:g}); Baird's seven states, no "
    "rewards.",
    estimands="The trace of the covariance of one estimate; the growth of the weights under expected updates.",
    experiments={"gradients": GRADIENTS},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "baselines",
            "Total variance of one REINFORCE estimate when c is added to all rewards. Without a baseline it grows with the "
            "square of c; with the mean reward or the best constant, whose points coincide, it does not change. Dotted: exact. "
            "95 % Monte Carlo intervals.",
            _draw,
        ),
    ),
    limits="One state and a constant baseline: baselines that are learned, and critics, are not tried.",
    designs={
        "smoke": grid(offset=OFFSETS, replicates=12),
        "standard": grid(offset=OFFSETS, replicates=4000),
        "paper": grid(offset=OFFSETS, replicates=20_000),
    },
)
