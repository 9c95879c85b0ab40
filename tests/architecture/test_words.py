"""One word per thing (docs/glossary.md), and nothing left over or left out."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import files, sources, text

GLOSSARY = Path("docs/glossary.md")
ROW = re.compile(r"^\| `([^`]+)` \| ", re.MULTILINE)
# Where a word is spoken about, not used; requirements name other people's packages.
SPOKEN_ABOUT = {str(GLOSSARY), "LICENSE", "tests/architecture/test_words.py"}


def searched() -> list[Path]:
    return [
        path
        for path in files()
        if str(path) not in SPOKEN_ABOUT
        and path.suffix in {".py", ".md"}
        and path.parts[0] not in {"requirements", "examples"}
    ]


def avoided() -> list[str]:
    after = text(GLOSSARY).partition("## Words we do not use")[2]
    return ROW.findall(after)


def test_it_reads_the_list_from_the_glossary() -> None:
    assert {"threshold", "ballot", "voter"} <= set(avoided())


@pytest.mark.parametrize("word", avoided())
def test_it_avoids(word: str) -> None:
    # "threshold=" is MPyC's own argument; nothing of ours has that name.
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w=-])", re.IGNORECASE)
    found = [
        f"{path}: {line.strip()[:80]}"
        for path in searched()
        for line in text(path).splitlines()
        if pattern.search(line)
    ]
    assert found == []


def test_it_has_nothing_left_to_do() -> None:
    mark = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")))
    assert [path for path in sources() if mark.search(text(path))] == []


def test_it_skips_no_test() -> None:
    mark = re.compile("|".join(("mark.sk" + "ip", "pytest.sk" + "ip", "mark.xf" + "ail")))
    assert [path for path in sources("tests") if mark.search(text(path))] == []
