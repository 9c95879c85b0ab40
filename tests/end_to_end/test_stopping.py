"""Ctrl-C and SIGTERM at any moment leave no process and no folder behind."""

import signal
import time
from pathlib import Path

import pytest

from tests.end_to_end.harness import EXAMPLES, marked, started

SURVEY = EXAMPLES / "ict-resilience.survey.json"
ANSWERS = EXAMPLES / "ict-resilience.answers.csv"
GONE_SECONDS = 10.0
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def _stop(scratch: Path, out: Path, number: signal.Signals, step: str, after: float) -> int:
    """Run a survey until a step begins, wait, send the signal; return the exit code."""
    arguments = ("local", "survey", SURVEY, ANSWERS, "--out", out)
    with started(*arguments, scratch=scratch) as process:
        assert process.stderr is not None
        while step and step not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(after)
        process.send_signal(number)
        process.communicate(timeout=GONE_SECONDS)
        return process.returncode


def _check_nothing_is_left(scratch: Path, out: Path) -> None:
    deadline = time.monotonic() + 2
    while (left := marked(str(scratch))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    assert not list(scratch.iterdir())
    assert not list(out.parent.iterdir())


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "scratch"
    path.mkdir()
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "result.json"


@pytest.mark.parametrize(
    ("number", "step", "after"),
    [
        (INT, "Starting", 0.0),
        (HUP, "Starting", 1.0),
        (TERM, "Closing", 4.0),
    ],
)
def test_it_leaves_nothing(
    scratch: Path, out: Path, number: signal.Signals, step: str, after: float
) -> None:
    code = _stop(scratch, out, number, step, after)
    assert code == 1
    _check_nothing_is_left(scratch, out)


@pytest.mark.parametrize("after", [0.02, 0.1, 0.3])
def test_it_leaves_nothing_before_it_has_begun(scratch: Path, out: Path, after: float) -> None:
    code = _stop(scratch, out, TERM, "", after)
    # Before Python runs our first line the signal's own default ends it.
    assert code in {1, -TERM}
    _check_nothing_is_left(scratch, out)


@pytest.mark.slow
@pytest.mark.parametrize("number", [INT, TERM])
@pytest.mark.parametrize("step", ["Starting", "Publishing", "Exchanging", "Sending", "Closing"])
@pytest.mark.parametrize("after", [0.0, 0.7, 1.5, 4.0])
def test_it_leaves_nothing_at_any_moment(
    scratch: Path, out: Path, number: signal.Signals, step: str, after: float
) -> None:
    _stop(scratch, out, number, step, after)
    _check_nothing_is_left(scratch, out)


def test_a_second_signal_does_not_break_the_cleaning_up(scratch: Path, out: Path) -> None:
    arguments = ("local", "survey", SURVEY, ANSWERS, "--out", out)
    with started(*arguments, scratch=scratch) as process:
        time.sleep(2.5)
        for _ in range(20):
            process.send_signal(INT)
            time.sleep(0.02)
        process.communicate(timeout=GONE_SECONDS)
        assert process.returncode == 1
    _check_nothing_is_left(scratch, out)


def test_a_killed_supervisor_takes_its_processes_along(scratch: Path, out: Path) -> None:
    """SIGKILL cannot be caught, so the folder stays; the processes must not."""
    arguments = ("local", "survey", SURVEY, ANSWERS, "--out", out)
    with started(*arguments, scratch=scratch) as process:
        assert process.stderr is not None
        while "Exchanging" not in process.stderr.readline():
            assert process.poll() is None
        assert len(marked(str(scratch))) > 10
        process.kill()
        process.wait()
        deadline = time.monotonic() + 5
        while marked(str(scratch)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not marked(str(scratch))


def test_serve_ends_well_on_ctrl_c(scratch: Path) -> None:
    with started("serve", "--port", 0, scratch=scratch) as process:
        assert process.stdout is not None
        while "Ctrl-C stops everything" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(INT)
        process.communicate(timeout=GONE_SECONDS)
        assert process.returncode == 0
    assert not marked(str(scratch))
    assert not list(scratch.iterdir())
