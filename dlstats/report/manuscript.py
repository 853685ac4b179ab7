"""A study as a manuscript: what its methods, its results and its limitations say, with their sources, as blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Study
from dlstats.protocol.verdict import LEVEL
from dlstats.report import ademp, families, keytable, ledger, marks, protocol, sentences
from dlstats.report.bibliography import Source
from dlstats.report.blocks import Block, Heading, Paragraph, Table
from dlstats.report.files import packaged
from dlstats.report.sentences import CHECKED, Proposition
from dlstats.report.text import Span, Text, characters, joined, prose, ref, spans, strong

TEXTS = packaged("texts.yaml")["manuscript"]
FORM = ("morris2019", "siepe2024")
"""Sources of the form of a protocol, and of what must be reported."""
NO_PUBLICATION = "stated"
"""The origin whose `cite` is a lecture, which no bibliography holds."""


@dataclass(frozen=True)
class Manuscript:
    """Sections by name, the key table, and the claims with their verdicts."""

    title: str
    sections: Mapping[str, Sequence[Block]]
    key: Table | None
    claims: Table

    @property
    def cited(self) -> list[str]:
        """Keys of the sources, in the order in which they are cited."""
        held = (span.target for part in self.sections.values() for span in spans(tuple(part)) if span.kind == "cite")
        return list(dict.fromkeys(held))


def write(
    config: Mapping,
    study: Study,
    evidence: Evidence,
    statements: pd.DataFrame,
    *,
    judged: int,
    run: Mapping,
    environment: Mapping,
    sources: Mapping[str, Source],
    propositions: Sequence[Proposition],
    questions: Iterable[families.Question] = (),
) -> Manuscript:
    """The manuscript of a study.

    `statements` are its rows of a ledger of `judged` claims and its checks, `run` and `environment` what `provenance` says
    of the run and of the program, `sources` the bibliography, `questions` those of the family.
    """
    fixed, rows = protocol.protocol(config, study), statements.to_dict("records")
    key = keytable.build(study, evidence)
    results = _results(rows, sources, propositions, questions, key)
    sections: dict[str, Sequence[Block]] = {
        "methods": [Heading("Methods"), *_methods(fixed, run, environment, sources, judged)],
        "results": [Heading("Results"), *results],
    }
    if study.limits:
        sections["limitations"] = [Heading("Limitations"), Paragraph(prose(study.limits))]
    claims = ledger.table(statements, f"{study.title}: {TEXTS['claims']}", "claims", counts=False)
    return Manuscript(study.title, sections, key, claims)


def check_sources(statements: pd.DataFrame, sources: Mapping[str, Source], path: Path) -> None:
    """Raise ValueError where the bibliography, `path`, lacks what a claim cites."""
    cited = statements.loc[statements["origin"] != NO_PUBLICATION, "cite"].map(ledger.text)
    if missing := sorted(set(cited) - sources.keys() - {""}):
        raise ValueError(f"{path}: must hold every source that the claims cite, it lacks {', '.join(missing)}")


def _methods(
    fixed: protocol.Protocol, run: Mapping, environment: Mapping, sources: Mapping[str, Source], judged: int
) -> Iterable[Paragraph]:
    form = prose(" ", TEXTS["form"], *_cites(FORM, sources), ".")
    yield Paragraph(prose(strong("Aims."), " ", fixed.aims, *form))
    yield from ademp.adem(fixed, with_formulas=True)
    counts, failed = (
        [cell["replicates"] for cell in run["cells"].values()],
        sum(line["failed"] for line in run["failures"]),
    )
    if counts:
        numbers = {
            "conditions": _several(counts),
            "failed": f"{failed:,}",
            "rows": f"{run['rows']:,}",
            "seed": fixed.seed,
        }
        yield Paragraph(prose(strong("Replicates."), " ", TEXTS["replicates"].format(**numbers)))
    levels = {"percent": f"{100 * LEVEL:g}", "inside": f"{100 * (1 - 2 * LEVEL):g}", "judged": judged}
    yield Paragraph(prose(strong("Claims."), " ", TEXTS["verdicts"].format(**levels)))
    if environment:
        packages = ", ".join(f"{name} {version}" for name, version in environment["packages"].items())
        versions = {"version": environment["version"], "python": environment["python"], "packages": packages}
        yield Paragraph(prose(strong("Software."), " ", TEXTS["software"].format(**versions)))


def _several(counts: Sequence[int]) -> str:
    """`2 conditions with 30 replicates each`."""
    low, high = min(counts), max(counts)
    replicates = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"{len(counts)} condition{'s' * (len(counts) != 1)} with {replicates} replicate{'s' * (high != 1)} each"


def _results(
    rows: Sequence[Mapping],
    sources: Mapping[str, Source],
    propositions: Sequence[Proposition],
    questions: Iterable[families.Question],
    key: Table | None,
) -> Iterable[Block]:
    """Counts by verdict, then what the claims say in sentences, each with the sources of its claims, and the key table."""
    known = {str(row["claim"]): row for row in rows}
    judged = pd.Series([row["verdict"] for row in rows if row["verdict"] not in CHECKED], dtype=object)
    held = [row["verdict"] == CHECKED[0] for row in rows if row["verdict"] in CHECKED]
    counts = [marks.tally(judged, "claim", "claims")] if len(judged) or not held else []
    counts += [f"{sum(held)} of {len(held)} exact identities and counts hold"] if held else []
    lead = prose("; ".join(counts), " (Table ", ref("tab:claims"), ").")
    told = [_cited(line, known, sources) for line in sentences.told(propositions, known, known)]
    if len(told) <= sentences.FEW:
        yield Paragraph(joined([lead, *told], " "))
    else:
        yield Paragraph(lead)
        yield from families.by_topic(
            questions, propositions, list(known), known, lambda line: _cited(line, known, sources)
        )
    if key is not None:
        shown = characters(key.caption).partition(": ")[2]
        yield Paragraph(prose("Table ", ref("tab:key"), f" {TEXTS['key']} ", shown))


def _cited(line: sentences.Told, known: Mapping[str, Mapping], sources: Mapping[str, Source]) -> Text:
    published = [str(known[c]["cite"]) for c in line.claims if known[c]["origin"] != NO_PUBLICATION]
    return prose(line.sentence.removesuffix("."), *_cites(published, sources), ".")


def _cites(keys: Iterable[str], sources: Mapping[str, Source]) -> Text:
    return tuple(Span("cite", sources[key].short, key) for key in dict.fromkeys(keys) if key in sources)
