"""Claims as links with the sign of their verdict, and verdicts counted in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from dlstats.protocol.verdict import VERDICTS
from dlstats.report import sentences
from dlstats.report.sentences import Told
from dlstats.report.text import Span, Text, joined, prose, ref

ORDER = (*VERDICTS, "holds", "fails")


def mark(claim: str, word: str) -> Text:
    """A claim with the sign of its verdict, which leads to its place in the ledger."""
    return prose(Span("sign", "", word), ref(f"claim-{claim}", claim))


def marks(claims: Iterable[str], ledger: Mapping[str, Mapping]) -> Text:
    """The claims that were judged, and by name those that were not."""
    words = {claim: str(ledger[claim]["verdict"]) if claim in ledger else "" for claim in claims}
    return joined(
        (mark(claim, word) if word else f"{claim} ({sentences.ABSENT})" for claim, word in words.items()), "  "
    )


def told(line: Told) -> Text:
    """A sentence behind the sign of its verdict, and links to the claims that it tells."""
    links = joined((ref(f"claim-{claim}", claim) for claim in line.claims), ", ")
    return prose(Span("sign", "", line.verdict), f"{line.sentence} ", links)


def counted(verdicts: pd.Series) -> str:
    """`12 are supported, 3 refuted and 1 undecided`; empty where there is nothing."""
    counts = verdicts.value_counts()
    parts = [f"{counts[word]} {word}" for word in ORDER if word in counts]
    if parts:
        number, _, word = parts[0].partition(" ")
        parts[0] = f"{number} {'is' if number == '1' else 'are'} {word}"
    return sentences.listed(parts) if parts else ""


def tally(verdicts: pd.Series, one: str, several: str) -> str:
    """`Of 12 claims, 10 are supported and 2 undecided`, `The one claim is supported`, `No claim was judged`."""
    if len(verdicts) == 1:
        return f"The one {one} is {verdicts.iloc[0]}"
    return f"Of {len(verdicts)} {several}, {counted(verdicts)}" if len(verdicts) else f"No {one} was judged"


def held(checks: pd.DataFrame) -> str:
    """How many checks hold; empty where there are none."""
    return f"{int(checks['holds'].sum())} of {len(checks)} exact identities and counts hold." if len(checks) else ""
