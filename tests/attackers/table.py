"""Show the table of attacks in docs/threat-model.md: ``python -m tests.attackers.table``."""

from pathlib import Path

from tests.attackers.mitigations import ROOT, Check, Row, rows

PAGE = Path("docs/threat-model.md")
BEGIN = "<!-- tests/attackers/mitigations.toml, by python -m tests.attackers.table -->\n"
END = "<!-- end of the table -->\n"
HEAD = "| row | attack | switched off | by the test | left over |\n|---|---|---|---|---|\n"


def table() -> str:
    """Return the rows as Markdown: one line a check, the row's name in its first."""
    return HEAD + "".join(line + "\n" for row in rows() for line in _lines(row))


def page_with(found: str) -> str:
    """Return the page with the table put between its two marks."""
    before, _, rest = found.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


def _lines(row: Row) -> list[str]:
    if not row.checks:
        return [f"| {row.id} | {row.attack} | no test | | {row.left} |"]
    first, *others = row.checks
    lines = [f"| {row.id} | {row.attack} | {first.off} | {_link(first)} | {row.left} |"]
    return [*lines, *(f"| | | {check.off} | {_link(check)} | |" for check in others)]


def _link(check: Check) -> str:
    path, _, name = check.test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"


if __name__ == "__main__":
    path = ROOT / PAGE
    path.write_text(page_with(path.read_text("utf-8")), "utf-8")
