"""Ten thousand rows of twenty questions through HTTP: three minutes, a gigabyte a process."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from cli.files import read_answer_rows, read_survey
from tests.end_to_end.harness import counts_of, expected_counts, layout_of, started

ROWS, QUESTIONS, OPTIONS = 10_000, 20, 5
SECONDS = 180.0
GIBIBYTE = 2**30


def _write(folder: Path) -> tuple[Path, Path]:
    """Write the survey and made-up answers; the last option is rare, so that cells hide."""
    questions = [
        {
            "id": f"q{number}",
            "kind": "single",
            "title": {"en": f"Question {number}"},
            "required": True,
            "options": [f"o{option}" for option in range(OPTIONS)],
        }
        for number in range(QUESTIONS)
    ]
    survey, answers = folder / "survey.json", folder / "answers.csv"
    definition = {"format": "drempel-survey/1", "title": {"en": "Ten thousand"}}
    survey.write_text(json.dumps({**definition, "questions": questions}), "utf-8")
    lines = [",".join(str(question["id"]) for question in questions)]
    for row in range(ROWS):
        draws = hashlib.shake_256(str(row).encode()).digest(2 * QUESTIONS)
        picks = [int.from_bytes(draws[i : i + 2], "big") for i in range(0, len(draws), 2)]
        lines.append(",".join(f"o{_option(pick)}" for pick in picks))
    answers.write_text("\n".join([*lines, ""]), "utf-8")
    return survey, answers


def _option(pick: int) -> int:
    return OPTIONS - 1 if pick < 50 else pick % (OPTIONS - 1)


class Memory:
    """The most memory that any process of a tree has held, in bytes, by what it runs."""

    def __init__(self, pid: int) -> None:
        self.peaks: dict[str, int] = {}
        self._root = psutil.Process(pid)
        self._stop = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.25):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            for process in tree:
                self._note(process)

    def _note(self, process: psutil.Process) -> None:
        try:
            name, held = " ".join(process.cmdline()[-3:]), process.memory_info().rss
        except psutil.NoSuchProcess:
            return
        self.peaks[name] = max(held, self.peaks.get(name, 0))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_takes_three_minutes_and_a_gigabyte_at_most(tmp_path: Path) -> None:
    survey_file, answers_file = _write(tmp_path)
    out, scratch = tmp_path / "result.json", tmp_path / "scratch"
    scratch.mkdir()
    began = time.monotonic()
    arguments = ("local", "survey", survey_file, answers_file, "--out", out, "--json")
    with started(*arguments, scratch=scratch) as process:
        memory = Memory(process.pid)
        with memory.watched():
            _, told = process.communicate(timeout=600)
        assert process.returncode == 0, told
    seconds = time.monotonic() - began
    document = json.loads(out.read_text("utf-8"))
    survey = read_survey(survey_file)
    layout, answers = layout_of(survey), read_answer_rows(answers_file, survey)
    found, expected = counts_of(document), expected_counts(layout, answers)
    shown = {place: count for place, count in found.items() if count is not None}
    assert document["accepted"] == ROWS
    assert shown == {place: expected[place] for place in shown}
    assert len(shown) > QUESTIONS * (OPTIONS - 2)
    assert max(memory.peaks.values()) < GIBIBYTE, memory.peaks
    assert any("mpcengine.party" in name for name in memory.peaks)
    assert seconds < SECONDS
