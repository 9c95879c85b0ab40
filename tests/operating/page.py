"""Read an operator's page: its values, and its blocks of commands, each for somebody."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
NODE_PAGE = "docs/operating-a-node.md"
PORTAL_PAGE = "docs/operating-a-portal.md"
_SECTION = re.compile(r"^## (?P<title>.+)$")
_FENCE = re.compile(r"^```(?P<language>\w*) ?(?P<who>\w*)$")
_VALUE = re.compile(r"`([A-Z_]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of commands: where it stands, who runs it, what it says."""

    page: str
    section: str
    line: int
    who: str
    text: str

    @property
    def number(self) -> int:
        """Return the number of its section."""
        return int(self.section.partition(" ")[0])

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def lines(page: str) -> list[str]:
    """Return a page's lines."""
    return (ROOT / page).read_text("utf-8").splitlines()


def blocks(page: str, language: str = "sh") -> list[Block]:
    """Return every block of a language, in order."""
    found: list[Block] = []
    section, start = "", None
    for number, line in enumerate(lines(page), start=1):
        fence = _FENCE.match(line)
        if start is None and (heading := _SECTION.match(line)):
            section = heading["title"]
        elif start is None and fence:
            start = (number, fence["language"], fence["who"])
        elif start is not None and line == "```":
            begun, written, who = start
            text = "\n".join(lines(page)[begun : number - 1])
            if written == language:
                found.append(Block(page, section, begun, who, text))
            start = None
    assert start is None, f"{page} ends inside a block"
    return found


def sections(page: str) -> list[str]:
    """Return the titles of a page's sections."""
    return [found["title"] for line in lines(page) if (found := _SECTION.match(line))]


def values(page: str) -> set[str]:
    """Return the names of the values that a page's table says an operator needs."""
    rows = [line for line in lines(page) if line.startswith("| `") and line.count("|") == 4]
    return {name for row in rows for name in _VALUE.findall(row.split("|")[1])}
