"""Where Adam does not converge, and what it does when the axes of a quadratic are turned."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import scipy.stats

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, LevelContrast, Measure
from dlstats.protocol.origin import Derived, Finding, Practice, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked, tabulated
from dlstats.theory import update_rules

PILOT = Finding("descent, seed 777001")
ROUNDS = 3000
RARE, GAIN, COST = 0.01, 1010.0, -10.0
"""f_t(x) = 1010 x with probability 0.01, else −10 x: mean slope 0.2, minimiser −1 [Reddi, Kale and Kumar 2018, section 3]."""
DIMENSION, CONDITION = 20, 1000.0
RATES = (1e-3, 1e-2, 0.1, 1.0)


def game(rule: update_rules.Rule, slope: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Regret of a rule on [−1, 1] from 1 on f_t = C x if t mod 3 = 1, else −x, its gradients and the changes it asks for."""
    gradients, changes = np.where(np.arange(3 * ROUNDS) % 3 == 0, slope, -1.0), []
    x, state, regret = np.array(1.0), (np.zeros(()),) * rule.states, 0.0
    for t, g in enumerate(gradients, start=1):
        regret += float(g * (x + 1))
        change, state = rule.update(np.array(g), state, t)
        x = np.clip(x + change, -1, 1)
        changes.append(float(change))
    return regret, gradients, np.array(changes)


def played(rule: Callable[..., update_rules.Rule], slope: float) -> tuple[float, np.ndarray, np.ndarray]:
    """The same with rates 0.5/√t, β₁ = 0 and β₂ = 1/(1 + C²)."""
    return game(rule(lambda t: 0.5 / t**0.5, 0.0, 1 / (1 + slope**2), 1e-12), slope)


def periodic(slope: float) -> Iterable[dict]:
    """Regret relative to that of the worst point, which is (C − 2) · 2 in three rounds."""
    for method, rule in (("adam", update_rules.adam), ("amsgrad", update_rules.amsgrad)):
        yield {"method": method, "regret": played(rule, slope)[0] / (2 * ROUNDS * (slope - 2))}


PERIODIC = Experiment(
    tabulated(periodic),
    {"slope": Factor("slope of the rare loss", float, symbol="C", above=2, at_most=100)},
    {
        "adam": Method("Adam", "β₁ = 0, β₂ = 1/(1 + C²), as in the theorem"),
        "amsgrad": Method("AMSGrad", "torch.optim.Adam(amsgrad=True) with the same constants"),
    },
    (Measure("regret", "regret relative to that of the worst point", "exact"),),
)


def rare_gradients(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The last iterate on [−1, 1] from 0 with β₁ = 0.9 and rates 0.5/√t."""
    steps, beta2 = condition.steps, condition.beta2
    draws = np.asarray(streams.draw(lambda rng: rng.random(steps) < RARE, "data", steps=steps))
    rules = {"adam": update_rules.adam, "amsgrad": update_rules.amsgrad}
    return stacked(streams, {name: {"end": _end(rule, draws, beta2)} for name, rule in rules.items()})


def _end(rule: Callable[..., update_rules.Rule], rare: np.ndarray, beta2: float) -> np.ndarray:
    own = rule(lambda t: 0.5 / t**0.5, 0.9, beta2)
    x, state = np.zeros(len(rare)), (np.zeros(len(rare)),) * own.states
    for t, now in enumerate(rare.T, start=1):
        change, state = own.update(np.where(now, GAIN, COST), state, t)
        x = np.minimum(np.maximum(x + change, -1), 1)
    return x


RARE_GRADIENTS = Experiment(
    rare_gradients,
    {
        "beta2": Factor("memory of the squares", float, symbol=r"\beta_2", at_least=0, below=1),
        "steps": Factor("steps", int, at_least=1),
    },
    {
        "adam": Method("Adam", "torch.optim.Adam with β₁ = 0.9, rates 0.5/√t"),
        "amsgrad": Method("AMSGrad", "torch.optim.Adam(amsgrad=True) with β₁ = 0.9, rates 0.5/√t"),
    },
    (Measure("end", "last iterate", "mean"),),
    contrasts=(
        Contrast("end", "adam", "amsgrad", "difference", "mean"),
        LevelContrast("end", "beta2", 0.99, 0.9999, "difference", "mean"),
    ),
    block=100,
)


def rotated(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Smallest loss of Adam over four rates, from all ones in the eigenbasis, along the axes and in a random basis."""
    basis = np.asarray(streams.draw(lambda rng: scipy.stats.ortho_group.rvs(DIMENSION, random_state=rng), "basis"))
    bases = {"axes": np.broadcast_to(np.eye(DIMENSION), basis.shape), "turned": basis}
    rule = update_rules.adam(np.array(RATES)[:, None])
    return stacked(
        streams, {n: {"loss": losses(rule, q, condition.steps, len(RATES)).min(axis=1)} for n, q in bases.items()}
    )


def losses(rule: update_rules.Rule, basis: np.ndarray, steps: int, rates: int) -> np.ndarray:
    """Last loss ½ Σ λ (Qᵀw)² by replicate and rate, shape (reps, rates), from w = Q 1; `basis` is (reps, d, d)."""
    curvatures = np.geomspace(1 / CONDITION, 1, DIMENSION)
    w = np.repeat(basis.sum(axis=2)[:, None], rates, axis=1)
    state = (np.zeros(w.shape),) * rule.states
    hessian = np.einsum("rik,k,rjk->rij", basis, curvatures, basis)
    for t in range(1, steps + 1):
        change, state = rule.update(w @ hessian, state, t)
        w = w + change
    return ((w @ basis) ** 2 * curvatures).sum(axis=-1) / 2


ROTATED = Experiment(
    rotated,
    {"steps": Factor("steps", int, at_least=1)},
    {
        "axes": Method("axes", "Adam at the best of four rates; the Hessian is diagonal", "adam"),
        "turned": Method("turned", "the same in a random orthonormal basis", "gradient_descent"),
    },
    (Measure("loss", "loss at the end", "median"),),
    contrasts=(Contrast("loss", "turned", "axes", "log_ratio", "median"),),
)


def designs(beta2: list[float], steps: int, turns: int, replicates: int) -> dict:
    """Memories and steps on rare gradients, steps on turned quadratics, and replicates of both."""
    return {
        "periodic": grid(slope=[3.0, 4.0, 10.0], replicates=1),
        "rare": grid(beta2=beta2, steps=steps, replicates=replicates),
        "rotated": grid(steps=turns, replicates=replicates),
    }


STREAM = "On losses that are 1010x with probability 0.01 and −10x otherwise, on [−1, 1], with the minimiser −1,"
CLAIMS = (
    Claim(
        "OPT21",
        "Adam need not converge on a convex problem: on f_t = Cx if t mod 3 = 1, else −x, on [−1, 1], its regret with β₁ = 0 and "
        f"β₂ = 1/(1 + C²) after {3 * ROUNDS:,} rounds is at least {{theory:g}} times that of the worst point (C = 3, 4 and 10, "
        "least).",
        at_least(0.99),
        value("regret", method="adam").each("slope"),
        Theorem("reddi2018", "proof of Theorem 1", "the theorem's Adam corrects no bias, torch's does"),
        bears_on=("JSM", "BIOS"),
    ),
    Claim(
        "OPT21.stochastic",
        f"{STREAM} Adam with β₂ = 0.99 ends at {{theory:g}} or above, at the wrong end (mean of the last iterate, β₁ = 0.9, "
        "rates 0.5/√t).",
        at_least(0.9),
        value("end", "mean", method="adam", beta2=0.99).at_largest("steps"),
        Practice("reddi2018", "section 5"),
        bears_on=("JSM", "BIOS"),
    ),
    Claim(
        "OPT21.cure",
        f"{STREAM} AMSGrad with β₂ = 0.99 ends at least {{theory:g}} nearer to the minimiser than Adam (means of the last "
        "iterate, β₁ = 0.9, rates 0.5/√t).",
        at_least(0.5),
        value("end", "difference(mean)", method="adam", against="amsgrad", beta2=0.99).at_largest("steps"),
        Practice("reddi2018", "section 5"),
        bears_on=("JSM", "BIOS"),
    ),
    Claim(
        "OPT21.memory",
        f"{STREAM} Adam needs a longer memory: with β₂ = 0.9999 it ends at least {{theory:g}} nearer to the minimiser than with "
        "β₂ = 0.99 (means of the last iterate, β₁ = 0.9, rates 0.5/√t).",
        at_least(0.5),
        value("end", "difference(mean)", method="adam", beta2=0.99, against="beta2=0.9999").at_largest("steps"),
        PILOT,
        bears_on=("JSM", "BIOS"),
    ),
    Claim(
        "OPT22",
        "Adam depends on the axes: on a quadratic in 20 dimensions with κ = 1000 its loss in a random basis is at least 10⁶ "
        "times that along the axes, each at the best of four learning rates (median log₁₀ of the ratio).",
        at_least(6.0),
        value("loss", "log_ratio(median)", method="turned", against="axes").at_largest("steps"),
        PILOT,
        bears_on=("JSM", "BIOS"),
    ),
)


def _turned() -> float:
    """Largest |log| of the loss of gradient descent in 20 random bases relative to that along the axes, after 500 steps."""
    bases = scipy.stats.ortho_group.rvs(DIMENSION, size=20, random_state=np.random.default_rng(0))
    rule = update_rules.gradient_descent(1.0)
    return float(np.abs(np.log(losses(rule, bases, 500, 1) / losses(rule, np.eye(DIMENSION)[None], 500, 1))).max())


def _multiplied() -> dict[str, float]:
    """Largest change of 300 iterates when the loss is multiplied by 1000, with ε = 0, on a quadratic, by rule."""
    curvatures, gaps = np.geomspace(1 / CONDITION, 1, DIMENSION), {}
    for name, rule in (("Adam", update_rules.adam(0.01, eps=0.0)), ("AdaGrad", update_rules.adagrad(0.1, eps=0.0))):
        plain, scaled = (
            update_rules.descend(rule, lambda w, c=c: c * curvatures * w, np.ones(DIMENSION), 300)
            for c in (1.0, 1000.0)
        )
        gaps[name] = float(np.abs(plain - scaled).max())
    return gaps


def _bounded() -> dict[str, float]:
    """Regret of AMSGrad over the bound D²/(2a_T) + ½ Σ a_t g_t² with D = 2 and its own rates a_t, by slope."""
    ratios = {}
    for slope in (3.0, 4.0, 10.0):
        regret, gradients, changes = played(update_rules.amsgrad, slope)
        rates = -changes / gradients
        ratios[f"C = {slope:g}"] = regret / (2 / rates[-1] + (rates * gradients**2).sum() / 2)
    return ratios


CHECKS = (
    Check(
        "OPT21.amsgrad",
        "AMSGrad converges where Adam does not: on f_t = Cx if t mod 3 = 1, else −x, on [−1, 1], with β₁ = 0 and "
        f"β₂ = 1/(1 + C²), its regret after {3 * ROUNDS:,} rounds keeps the bound of projected gradient descent with rates that "
        "do not rise, at most a fifth of the regret of the worst point (C = 3, 4 and 10; regret over bound).",
        at_most(1),
        _bounded,
        Derived("adaptive-rates.md#regret-of-amsgrad"),
        bears_on=("JSM", "BIOS"),
    ),
    Check(
        "OPT22.descent",
        "Gradient descent does not depend on the axes: its loss after 500 steps in 20 random bases is that along the axes "
        "(largest |ln| of the ratio).",
        equals(0, 1e-9),
        _turned,
        Derived("adaptive-rates.md#turned-axes-and-a-multiplied-loss"),
    ),
    Check(
        "OPT22.multiplied",
        "With ε = 0 the iterates of Adam and AdaGrad do not change when the loss is multiplied by 1000 (300 steps, difference).",
        equals(0, 1e-10),
        _multiplied,
        Derived("adaptive-rates.md#turned-axes-and-a-multiplied-loss"),
        bears_on=("JSM", "BIOS"),
    ),
)
