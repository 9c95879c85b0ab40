"""Arguments of ``local match`` and ``local compare`` are refused in one sentence at once."""

import json
from pathlib import Path

import pytest

from cli.main import main
from tests.vectors.request_cast import COMPARE_REQUEST, MATCH_REQUEST


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "match.json").write_text(json.dumps(MATCH_REQUEST), encoding="utf-8")
    (tmp_path / "compare.json").write_text(json.dumps(COMPARE_REQUEST), encoding="utf-8")
    (tmp_path / "list.csv").write_text("domain,a.example\n", encoding="utf-8")
    (tmp_path / "holdings").mkdir()
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> str:
    """Return the one sentence that a run with these arguments ends in; nothing is written."""
    before = sorted(folder.iterdir())
    code = main(["local", *(one.replace("DIR", str(folder)) for one in arguments)])
    captured = capsys.readouterr()
    assert code == 2, captured.err
    assert captured.out == ""
    assert sorted(folder.iterdir()) == before
    lines = [line for line in captured.err.splitlines() if line.startswith("drempel: ")]
    assert len(lines) == 1
    return lines[0]


MATCH = ("match", "DIR/match.json", "--indicators", "DIR/list.csv", "--out", "DIR/r.json")
COMPARE = ("compare", "DIR/compare.json", "--out", "DIR/r.json")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (MATCH, "at least one holder"),
        ((*MATCH, "--holding", "north"), "NAME=FILE"),
        ((*MATCH, "--holding", "=x"), "NAME=FILE"),
        ((*MATCH, "--holding", "north=DIR/gone.csv"), "cannot be read"),
        ((*MATCH, "--holdings", "DIR/gone"), "--holdings"),
        ((*MATCH, "--holdings", "DIR/holdings"), "at least one holder"),
        ((*MATCH, "--holding", "a/b=DIR/list.csv"), "without a slash"),
        ((*MATCH, "--holding", ".a=DIR/list.csv"), "dot"),
        (
            (*MATCH, "--holding", "A=DIR/list.csv", "--holding", "a=DIR/list.csv"),
            "Two lists have the name a",
        ),
        ((*MATCH, "--holding", "a=DIR/list.csv", "--opt-in", "a"), "--opt-in"),
        (
            (*MATCH[:-1], "DIR/a.hits.json", "--holding", "a=DIR/list.csv"),
            "hits go",
        ),
        (
            (*MATCH[:-1], "DIR/gone/r.json", "--holding", "a=DIR/list.csv"),
            "--out is not there",
        ),
        ((*COMPARE, "--list", "a=DIR/list.csv"), "at least two lists"),
        (
            ("compare", "DIR/match.json", "--out", "DIR/r.json"),
            "run it with 'drempel local match'",
        ),
        (
            ("match", "DIR/compare.json", *MATCH[2:], "--holding", "a=DIR/list.csv"),
            "run it with 'drempel local compare'",
        ),
        (
            ("match", "DIR/list.csv", *MATCH[2:], "--holding", "a=DIR/list.csv"),
            "not JSON",
        ),
    ],
)
def test_it_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in said(capsys, folder, *arguments)


def test_a_request_that_is_not_built_yet_says_so(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    document = {**MATCH_REQUEST, "contact": "mailbox"}
    (folder / "match.json").write_text(json.dumps(document), encoding="utf-8")
    sentence = said(capsys, folder, *MATCH, "--holding", "a=DIR/list.csv")
    assert "not offered yet" in sentence
