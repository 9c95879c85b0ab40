"""Bad input is answered in one sentence before anything is started, and nothing is written."""

import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import main as script
from cli import signals
from tests.end_to_end.harness import drempel, sentence_of

Change = Callable[[dict[str, Any]], object]
SECONDS = 2.0
SURVEY: dict[str, Any] = {
    "format": "drempel-survey/1",
    "title": {"en": "Bad input"},
    "min_count": 10,
    "questions": [
        {
            "id": "sector",
            "kind": "single",
            "title": {"en": "Sector"},
            "required": True,
            "options": ["hospital", "gp"],
        },
        {"id": "trust", "kind": "scale", "title": {"en": "Trust"}, "min": 1, "max": 5},
        {"id": "size", "kind": "scale", "title": {"en": "Size"}, "min": 1, "max": 5},
        {
            "id": "incidents",
            "kind": "number",
            "title": {"en": "Incidents"},
            "min": 0,
            "max": 500,
            "bins": [0, 1],
        },
        {"id": "beds", "kind": "number", "title": {"en": "Beds"}, "min": 1, "max": 99},
    ],
    "show_if": {"beds": {"var": "sector", "op": "=", "value": "hospital"}},
}
HEADER = "sector,trust,size,incidents,beds"
GOOD_ROW = "hospital,3,2,17,40"


def _survey(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(SURVEY))
    return {**found, **changes}


def _cycle() -> dict[str, Any]:
    pairs = (["sector", "trust"], ["trust", "size"], ["size", "sector"])
    return _survey(tables=[{"questions": pair} for pair in pairs])


def _unknown_question_key() -> dict[str, Any]:
    found = _survey()
    found["questions"][1]["colour"] = "red"
    return found


def _table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *rows, "")).encode()


BAD_ANSWERS = {
    "an unknown question": (_table(header=f"{HEADER},colour"), ("row 1", "colour")),
    "an unknown option": (_table(GOOD_ROW, "clinic,3,2,17,"), ("row 3", "sector")),
    "a value out of range": (_table("gp,3,2,501,"), ("row 2", "incidents")),
    "a decimal": (_table("gp,3,2,1.5,"), ("row 2", "incidents")),
    "a point off the scale": (_table("gp,6,2,1,"), ("row 2", "trust")),
    "an answer to a question not shown": (_table("gp,3,2,17,40"), ("row 2", "beds")),
    "no answer to a required question": (_table(",3,2,17,"), ("row 2", "sector")),
    "a duplicate header": (_table(header=f"{HEADER},trust"), ("row 1", "trust")),
    "a required column left out": (_table(header="trust"), ("row 1", "sector")),
    "broken UTF-8": (_table(GOOD_ROW) + b"gp,3,2,\xff,\n", ("row 3", "UTF-8")),
    "too few cells": (_table("gp,3"), ("row 2", "cells")),
    "an open quote": (_table('"gp,3,2,1,'), ("row 2", "quotes")),
    "no rows": (_table(), ("row 2",)),
    "nothing at all": (b"", ("row 1", "header")),
}
BAD_SURVEYS = {
    "an unknown version": (_survey(format="drempel-survey/2"), ("format", "drempel-survey/1")),
    "an unknown key": (_survey(colour="red"), ("colour",)),
    "an unknown key of a question": (_unknown_question_key(), ("questions[1]", "colour")),
    "tables with a cycle": (_cycle(), ("tables", "cycle")),
    "no questions": (_survey(questions=[]), ("questions",)),
    "a min_count of nothing": (_survey(min_count=0), ("min_count",)),
    "a table of an unknown question": (
        _survey(tables=[{"questions": ["sector", "colour"]}]),
        ("tables[0]",),
    ),
}


@pytest.fixture(autouse=True)
def no_signal_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "install", lambda: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "survey.json").write_text(json.dumps(SURVEY), "utf-8")
    (tmp_path / "answers.csv").write_bytes(_table(GOOD_ROW))
    return tmp_path


def _refusal(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the survey in ``folder`` and return its one sentence; nothing may be written."""
    before = sorted(folder.iterdir())
    began = time.process_time()
    code = _survey_run(folder, "--out", folder / "result.json")
    assert time.process_time() - began < SECONDS
    assert code == 2
    assert sorted(folder.iterdir()) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    return _one_sentence(captured.err)


def _childrens_seconds() -> float:
    """Return the processor time of all children so far: a busy machine does not change it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _survey_run(folder: Path, *more: object) -> int:
    files = folder / "survey.json", folder / "answers.csv"
    return script.main(["local", "survey", *map(str, files), *map(str, more)])


def _one_sentence(text: str) -> str:
    (line,) = text.splitlines()
    assert line.startswith("drempel: ")
    assert line.endswith(".")
    return line


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_it_refuses_answers_with(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, words = BAD_ANSWERS[name]
    (folder / "answers.csv").write_bytes(content)
    sentence = _refusal(folder, capsys)
    assert "answers.csv" in sentence
    assert all(word.lower() in sentence.lower() for word in words)


@pytest.mark.parametrize("name", BAD_SURVEYS)
def test_it_refuses_a_survey_with(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    definition, words = BAD_SURVEYS[name]
    (folder / "survey.json").write_text(json.dumps(definition), "utf-8")
    sentence = _refusal(folder, capsys)
    assert "survey.json" in sentence
    assert all(word.lower() in sentence.lower() for word in words)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"{", "line 1"),
        (b'{"format": "drempel-survey/1", "format": "x"}', "format"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_it_refuses_what_is_no_json(
    content: bytes, word: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "survey.json").write_bytes(content)
    assert word in _refusal(folder, capsys)


def test_it_refuses_files_that_are_not_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "answers.csv").unlink()
    assert "answers.csv is not there" in _refusal(folder, capsys)


def test_it_refuses_an_output_it_cannot_write(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = _survey_run(folder, "--out", folder / "absent" / "result.json")
    assert code == 2
    assert "is not there; make it first" in _one_sentence(capsys.readouterr().err)


def test_it_refuses_to_keep_data_in_a_folder_that_holds_something(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = _survey_run(folder, "--out", folder / "result.json", "--keep", folder)
    assert code == 2
    assert "--keep" in _one_sentence(capsys.readouterr().err)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("local",),
        ("local", "survey", "survey.json"),
        ("show",),
        ("show", "result.json", "--language", "de"),
        ("serve", "--port", "many"),
        ("bench", "dance"),
    ],
)
def test_it_refuses_wrong_arguments(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = script.main(arguments)
    except SystemExit as ending:
        code = int(ending.code or 0)
    assert code == 2
    _one_sentence(capsys.readouterr().err)


def test_the_script_itself_answers_in_two_seconds(folder: Path) -> None:
    (folder / "answers.csv").write_bytes(_table("clinic,3,2,17,"))
    began = _childrens_seconds()
    done = drempel(
        *("local", "survey", folder / "survey.json", folder / "answers.csv"),
        *("--out", folder / "result.json"),
    )
    assert _childrens_seconds() - began < SECONDS
    assert done.returncode == 2
    assert "row 2, column sector" in sentence_of(done).lower()
    assert not (folder / "result.json").exists()


def test_a_survey_below_the_nodes_floor_is_refused_by_a_node(folder: Path) -> None:
    (folder / "survey.json").write_text(json.dumps(_survey(min_count=2)), "utf-8")
    done = drempel(
        *("local", "survey", folder / "survey.json", folder / "answers.csv"),
        *("--out", folder / "result.json"),
    )
    assert done.returncode == 3
    sentence = sentence_of(done)
    assert "node" in sentence.lower()
    assert "min_count of at least 5" in sentence
    assert not (folder / "result.json").exists()
