"""Long work shows a bar on a terminal, one line a step elsewhere, and nothing when quiet."""

import io
import re

import pytest

from cli.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def _work(progress: Progress) -> None:
    progress.step("First")
    with progress.counting("Second", 3) as counter:
        for _ in range(3):
            counter.add()


def test_a_file_gets_one_line_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    _work(Progress())
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert [re.sub(r"^ *\d+\.\d s  ", "", line) for line in lines] == ["First", "Second"]


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    _work(Progress())
    last = terminal.getvalue().split("\r")[-1]
    assert "Second: 100%" in last
    assert "3/3" in last
    assert len(last.rstrip("\n")) <= 80


def test_quiet_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _work(Progress(is_quiet=True))
    assert capsys.readouterr() == ("", "")
