"""Results in sentences: what a claim says in a clause; words and numbers of the sentence follow from its verdict."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlstats.pipeline import checked
from dlstats.protocol import verdict
from dlstats.protocol.claim import RELATIONS
from dlstats.report.digits import exact, show
from dlstats.report.files import packaged
from dlstats.report.ledger import sentence as statement
from dlstats.report.text import Text, prose

FILE = "sentences.yaml"
WORDS: Mapping[str, str] = packaged("texts.yaml")["verdicts"]
"""The sentence of every verdict."""
ABSENT = "not in this run"
CHECKED = ("holds", "fails")
"""What became of a check."""
IN_FAVOUR = (verdict.SUPPORTED, "replicated", "breaks", "holds")
AGAINST = ("refuted", "not replicated", "does not break", verdict.CONFLICTS, "fails")
FEW = 6
"""Sentences that a paragraph holds; more are a list."""
DIGITS = 4
"""Significant digits of an exact number in a sentence."""
NUMBER = re.compile(r"\{(value|factor|percent)\}")
Ledger = Mapping[str, Mapping]
"""Rows of the ledger, and of the checks as its rows, by claim."""


class Clause(checked.Model):
    """What one claim says, or several that differ in `which`: a clause that may follow “that” and “whether”.

    `number` prints what was found, as a `{value}`, as `{factor}` = 10^value, or as `{percent}` = 100 value; where it is
    empty a sentence that agrees has no number.
    """

    that: str
    which: Sequence[str] = ()
    number: str = "{value}"


@dataclass(frozen=True)
class Proposition:
    """A clause with its claims in order and, for each, what stands for `{which}`."""

    claims: tuple[str, ...]
    clause: Clause

    def that(self, claims: Iterable[str]) -> str:
        """The clause on some of the claims."""
        if not self.clause.which:
            return self.clause.that
        return self.clause.that.replace("{which}", listed([self.clause.which[self.claims.index(c)] for c in claims]))


def load(path: Path) -> tuple[Proposition, ...]:
    """The propositions of a file, whose keys are claims separated by spaces; none where there is no such file.

    Raises Wrong where a clause has not one `which` for each of its claims, or a number of another kind.
    """
    if not path.exists():
        return ()
    found = []
    for key, clause in checked.load(dict[str, Clause], path, "the sentences").items():
        claims = tuple(key.split())
        if len(clause.which) != (len(claims) if len(claims) > 1 else len(clause.which)):
            raise checked.Wrong(f"{path}: {key}: must have {len(claims)} of `which`, got {len(clause.which)}.")
        if clause.number and not NUMBER.search(clause.number):
            raise checked.Wrong(f"{path}: {key}: `number` must hold {{value}}, {{factor}} or {{percent}}.")
        found.append(Proposition(claims, clause))
    return tuple(found)


@dataclass(frozen=True)
class Told:
    """A sentence, and the claims that it tells, which have one verdict."""

    sentence: str
    claims: tuple[str, ...]
    verdict: str


def told(propositions: Iterable[Proposition], claims: Iterable[str], ledger: Ledger) -> list[Told]:
    """The sentences on some claims, in their order: of a proposition one for each verdict, and the statements of the others.

    A check without a proposition is not told, nor a claim without one that is not in the ledger.
    """
    of = {claim: one for one in propositions for claim in one.claims}
    wanted, found = list(dict.fromkeys(claims)), []
    for claim in wanted:
        if any(claim in one.claims for one in found):
            continue
        if claim in of:
            found += _of_proposition(of[claim], [c for c in of[claim].claims if c in wanted], ledger)
        elif claim in ledger and (word := str(ledger[claim]["verdict"])) not in CHECKED:
            found.append(Told(statement(ledger[claim]), (claim,), word))
    return found


def text(lines: Iterable[Told]) -> Text:
    """Sentences, one after the other."""
    return prose(" ".join(line.sentence for line in lines))


def _of_proposition(one: Proposition, claims: Iterable[str], ledger: Ledger) -> list[Told]:
    """A sentence for each verdict that some claims of a proposition have: those that agree stand together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for claim in claims:
        row = ledger.get(claim)
        word = str(row["verdict"]) if row else ABSENT
        groups.setdefault((word, str(row.get("reason") or "") if row else ""), []).append(claim)
    return [Told(_sentence(one, word, same, ledger), tuple(same), word) for (word, _), same in groups.items()]


def _sentence(one: Proposition, word: str, claims: Sequence[str], ledger: Ledger) -> str:
    rows = [ledger[claim] for claim in claims if claim in ledger]
    shown = one.clause.number if word in IN_FAVOUR else bare(one.clause.number)
    that = one.that(claims)
    sentence = WORDS[word].format(
        that=that,
        That=that[:1].upper() + that[1:],
        found=_numbers(shown, [found(row, shown) for row in rows]),
        required=_numbers(shown, list(dict.fromkeys(required(row, shown) for row in rows))),
        paired=_numbers(shown, [_of_effort(row, "paired_estimate", shown) for row in rows]),
        effort=_numbers(shown, [_of_effort(row, "effort_estimate", shown) for row in rows]),
        reason="; ".join(dict.fromkeys(_reason(row) for row in rows)),
        note="; ".join(dict.fromkeys(_note(row) for row in rows)),
    )
    return re.sub(r"[:;,] ?\.$", ".", sentence.replace(" ()", ""))


def bare(number: str) -> str:
    """A `number` without its words, to stand beside what is required: the place and, after it, `%` or `times`."""
    match = re.search(r"\{(value|factor|percent)\}( %| times)?", number)
    return match[0] if match else "{value}"


def _numbers(wrapped: str, numbers: Sequence[str]) -> str:
    return NUMBER.sub(lambda _: listed(numbers), wrapped) if wrapped and numbers else ""


def found(row: Mapping, wrapped: str = "{value}") -> str:
    """What was measured, with its Monte Carlo standard error, in the unit of a `number`."""
    value, mcse, unit = float(row["estimate"]), float(row["mcse"]), _unit(wrapped)
    scaled = _scaled(value, unit)
    mcse *= {"factor": math.log(10) * scaled, "percent": 100}.get(unit, 1)
    return (exact(scaled, DIGITS) if mcse == 0 else show(scaled, mcse)).text


def required(row: Mapping, wrapped: str = "{value}") -> str:
    """What the claim asks of the number, its margin included: `≤ 0.06`, `1 ± 0.05`."""
    theory, margin, unit = float(row["theory"]), float(row["margin"]), _unit(wrapped)
    relation = str(row["relation"])
    sign = {"at_most": 1, "at_least": -1}.get(relation, 0)
    if sign:
        return f"{RELATIONS[relation]} {_in_unit(theory + sign * margin, unit)}"
    if unit == "factor" and margin:
        return f"{_in_unit(theory - margin, unit)} to {_in_unit(theory + margin, unit)}"
    slack = f" ± {_in_unit(margin, unit)}" if margin else ""
    return f"{_in_unit(theory, unit)}{slack}"


def _of_effort(row: Mapping, column: str, wrapped: str) -> str:
    return _in_unit(float(row.get(column, math.nan)), _unit(wrapped))


def _unit(wrapped: str) -> str:
    match = NUMBER.search(wrapped)
    return match[1] if match else "value"


def _in_unit(value: float, unit: str) -> str:
    return exact(_scaled(value, unit), DIGITS).text


def _scaled(value: float, unit: str) -> float:
    return {"factor": 10**value if value < 300 else math.inf, "percent": 100 * value}.get(unit, value)


def _reason(row: Mapping) -> str:
    needed, reason = row.get("needed"), str(row.get("reason") or "no reason is recorded")
    if needed is None or math.isnan(needed):
        return reason
    return f"{reason} (about {needed:,.0f}; there were {row['replicates']:,.0f})"


def _note(row: Mapping) -> str:
    return str(row.get("note") or "").strip(".")


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
