"""Read the table of attacks: what each is, and which test fails with its mitigation off.

``mitigations.toml`` has one row an attack. A row has *checks*: a test, and a change of one
place in the product after which that test must fail; or it says why code cannot test it.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("mitigations.toml")
ATTACKS = tuple(f"A{number}" for number in range(1, 28))
FLAWS = tuple(
    f"flaw {name}"
    for name in ("A6", "B1", "B2", "B3", "B6", "B7", "B8", "C4", "C6", "C7", "C9")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One mitigation of a row, the change that switches it off, and the test that notices.

    ``old`` stands once in ``file``; ``off`` says in words what ``new`` leaves out. A slow
    check runs processes or takes more than some seconds.
    """

    row: str
    off: str
    test: str
    file: Path
    old: str
    new: str
    slow: bool

    @property
    def name(self) -> str:
        """Return a name for reports."""
        return f"{self.row}: {self.off}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One attack: its checks, and what is left over or not tested (``left``, may be empty)."""

    id: str
    attack: str
    left: str
    checks: tuple[Check, ...]


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows in the order of the file."""
    top = tomllib.loads(TABLE.read_text("utf-8"))
    return tuple(_row(one) for one in top["row"])


def checks() -> Iterator[Check]:
    """Yield every check of every row."""
    for row in rows():
        yield from row.checks


def _row(one: dict[str, object]) -> Row:
    found = one.get("check", [])
    assert isinstance(found, list)
    return Row(
        id=str(one["id"]),
        attack=str(one["attack"]),
        left=str(one.get("left", "")),
        checks=tuple(_check(str(one["id"]), check) for check in found),
    )


def _check(row: str, one: dict[str, object]) -> Check:
    assert set(one) - {"slow"} == {"off", "test", "file", "old", "new"}, (row, sorted(one))
    return Check(
        row=row,
        off=str(one["off"]),
        test=str(one["test"]),
        file=Path(str(one["file"])),
        old=str(one["old"]),
        new=str(one["new"]),
        slow=bool(one.get("slow", False)),
    )
