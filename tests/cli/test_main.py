"""The console script: help, one sentence an error, and an end that is never loud."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli import benching, main, signals
from cli.embedded.services import ROOT
from cli.errors import BadInput, CliError, NodeRefused
from tests.vectors.job import job


@pytest.fixture(autouse=True)
def no_signal_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "install", lambda: None)


def _fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> int:
        raise error

    monkeypatch.setattr(main, "_run", fail)


@pytest.mark.parametrize(
    ("error", "code"), [(CliError("Why."), 1), (BadInput("Why."), 2), (NodeRefused("Why."), 3)]
)
def test_an_error_is_one_sentence_and_its_own_code(
    error: CliError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _fail_with(error, monkeypatch)
    assert main.main([]) == code
    assert capsys.readouterr() == ("", "drempel: Why.\n")


def test_a_fault_of_ours_is_named_without_what_it_held(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _fail_with(ValueError("the answer was 42"), monkeypatch)
    assert main.main([]) == 1
    told = capsys.readouterr().err
    assert told.startswith(
        "drempel: A fault of this program: ValueError at test_main.py, line "
    )
    assert "42" not in told.replace(told.split("line ")[1], "")


def test_being_stopped_is_said_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _fail_with(signals.Stopped(2), monkeypatch)
    assert main.main([]) == 1
    assert capsys.readouterr().err == "drempel: Stopped.\n"


@pytest.mark.parametrize("name", ["", *main.COMMANDS])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main.main([*name.split(), "--help"])
    assert ending.value.code == 0
    text = capsys.readouterr().out
    assert "usage: drempel" in text
    assert all(command in text for command in main.COMMANDS) or name


def test_a_reader_who_has_seen_enough_hears_no_complaint() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "verify", "--help"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    process.wait()


def test_bench_knows_its_cases_and_prints_figures_for_people() -> None:
    assert benching.case_names() == (
        "gate",
        "survey",
        "check",
        "prove",
        "texts",
        "tokens",
        "intake",
        "match",
        "and",
        "compare",
        "equality",
        "merge",
    )
    text = benching.figures_text(
        {"case": "gate", "n": 1000, "seconds": 1.25, "rounds": 25, "bound_seconds": None}
    )
    assert text.splitlines() == [
        "gate, n = 1000",
        "  seconds                  1.25",
        "  rounds                   25",
    ]


def test_bench_knows_its_engines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["bench", "prove", "--engine", "abacus"]) == 2
    assert "python, node, chromium" in capsys.readouterr().err
    assert main.main(["bench", "prove", "--engine", "chromium", "--throttle", "0"]) == 2
    assert "from 1 to 20" in capsys.readouterr().err


@pytest.mark.slow
def test_bench_measures_the_gate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["bench", "gate", "--json", "--seed", "one"]) == 0
    assert '"case": "gate"' in capsys.readouterr().out.replace('":"', '": "')


@pytest.mark.parametrize(
    ("redirection", "sentence"),
    [
        (">/dev/full", "The output cannot be written: No space left on device."),
        (">&-", "Standard output is closed; there is nowhere to print to."),
    ],
)
def test_an_output_that_takes_nothing_is_said_so(
    tmp_path: Path, redirection: str, sentence: str
) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(job().result), "utf-8")
    done = _shell(f'exec "$0" -m cli.main show "$1" {redirection}', path)
    assert (done.returncode, done.stderr) == (1, f"drempel: {sentence}\n")


def test_an_encoding_that_lacks_a_character_gets_another(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(job().result), "utf-8")
    done = _shell('PYTHONIOENCODING=ascii exec "$0" -m cli.main show "$1"', path)
    assert (done.returncode, done.stderr) == (0, "")
    assert " ? " in done.stdout


def _shell(line: str, path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", "-c", line, sys.executable, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
