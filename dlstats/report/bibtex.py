"""The BibTeX entries behind claims and checks, and that of dlstats itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlstats import __version__, project
from dlstats.pipeline import registry, yaml12
from dlstats.protocol import origin
from dlstats.protocol.hints import near
from dlstats.protocol.origin import Practice, Theorem
from dlstats.report import bibliography


def of_claims(ids: Sequence[str], reports: Path) -> str:
    """The entries of the publications that say what claims or checks say, each once, then the entry of dlstats.

    Raises LookupError for an id that no study has, and ValueError for one whose origin is no publication, and for a source
    that no bibliography holds.
    """
    known: dict[str, origin.Origin] = {}
    for study in map(registry.load, reversed(registry.known())):  # those from outside first
        known |= {one.id: one.origin for one in (*study.claims, *study.checks)}
        if known.keys() >= set(ids):
            break
    keys = []
    for name in ids:
        if name not in known:
            raise LookupError(
                f"There is no claim or check `{name}`.{near(name, known)} `dlstats list claims` has them."
            )
        source = known[name]
        if not isinstance(source, Theorem | Practice):
            more = "; ".join(text for part, text in origin.record(source).items() if part != "kind")
            what = f"{origin.MEANING[origin.kind(source)]}{f' ({more})' if more else ''}"
            raise ValueError(f"`{name}` must have a publication as its origin, it is {what}.")
        keys.append(source.cite)
    lacking = sorted(set(keys) - set(bibliography.entries(reports)))
    if lacking:
        raise ValueError(f"The bibliography must hold {', '.join(lacking)}, it does not.")
    return f"{bibliography.text(reports, set(keys)).rstrip()}\n\n{own()}\n"


def own() -> str:
    """The entry of dlstats, from CITATION.cff."""
    stated = yaml12.load(project.FOLDER / "CITATION.cff")
    authors = " and ".join(f"{{{author['name']}}}" for author in stated["authors"])
    fields = {
        "author": authors,
        "title": f"{{{stated['title']}}}",
        "year": str(stated["date-released"])[:4],
        "version": __version__,
        "license": stated["license"],
    }
    lines = ",\n".join(f'    {name} = "{text}"' for name, text in fields.items())
    return f"@software{{dlstats,\n{lines}\n}}"
