"""Read from docs/data-lifecycle.md what a respondent may leave, and judge what was found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import text
from tests.canary.house import Place
from tests.canary.sweep import Hit

PAGE = Path("docs/data-lifecycle.md")
HEADING = "## What a respondent leaves"
PHASES = ("open", "erased")


@dataclass(frozen=True, slots=True)
class Trace:
    """Something that may lie in a database: in its rows, or in pages not yet used again."""

    what: str
    where: str
    phase: str


def allowed() -> frozenset[Trace]:
    """Return the table's traces. The third phase is ``old``: what was deleted."""
    section = text(PAGE).partition(HEADING)[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^|]+)` \| ([^|]+) \| (\w+) \| (\w+) \| (\w+) \|", section, re.M)
    assert rows
    found = set()
    for whats, wheres, *words in rows:
        for phase, word in zip((*PHASES, "old"), words, strict=True):
            assert word in {"yes", "no"}
            for what in whats.split("`, `"):
                for where in wheres.split(", "):
                    if word == "yes":
                        found.add(Trace(what, where, phase))
    return frozenset(found)


def too_many(place: Place, hits: Iterable[Hit], phase: str) -> set[str]:
    """Return what lies where it may not, a line each."""
    table = allowed()
    found = set()
    for hit in hits:
        spot = place.spot(hit.path)
        phases = {phase, "old"} if spot.is_old else {phase}
        wheres = _databases(spot.name)
        if not any(
            Trace(hit.canary, where, one) in table for where in wheres for one in phases
        ):
            found.add(f"{hit.canary} ({hit.form}) in {spot.name}")
    return found


def _databases(name: str) -> set[str]:
    """Return the databases whose changes a write-ahead log holds, or the one that is named."""
    role = name.removesuffix(" write-ahead log")
    if role == name:
        return {name}
    return {"node packages", "node issuing"} if role == "node" else {role}
