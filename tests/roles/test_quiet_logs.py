"""A log line says that something failed and where, never what it held."""

import errno
import io
import logging
import logging.config
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery, shared_task
from celery.app.trace import build_tracer
from celery.signals import before_task_publish, worker_init

from config.celery import app
from config.log import QuietFormatter, logging_settings
from mpcengine.protocol.errors import MalformedMessage

SECRET = "code-of-rosa"


def line_of(error: Exception) -> str:
    log = logging.getLogger("house.test")
    try:
        raise error
    except type(error) as caught:
        record = log.makeRecord(
            log.name,
            logging.ERROR,
            __file__,
            1,
            "it failed",
            (),
            (type(caught), caught, caught.__traceback__),
        )
    return QuietFormatter("{levelname} {message}", style="{").format(record)


class FullDisk(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_it_loses_a_line_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """On a full disk; logging would print the line's values on standard error."""
    monkeypatch.setattr(logging, "raiseExceptions", True)
    logging_settings(tmp_path / "log")
    handler = logging.StreamHandler(FullDisk())
    handler.handle(logging.makeLogRecord({"msg": "%s", "args": (SECRET,)}))
    assert SECRET not in capfd.readouterr().err


def test_it_writes_the_class_and_the_place_but_not_the_text() -> None:
    line = line_of(ValueError(SECRET))
    assert "builtins.ValueError at test_quiet_logs.py" in line
    assert "line_of" in line
    assert SECRET not in line


def test_it_writes_the_stable_code_of_our_own_errors() -> None:
    assert "[package.length]" in line_of(MalformedMessage("package.length", SECRET))


def test_it_sends_no_mail_and_attaches_no_call(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    named = logging_settings(tmp_path_factory.mktemp("log") / "log.txt")
    assert set(named["handlers"]) == {"file"}  # type: ignore[call-overload]  # a dict by construction
    assert "request" not in str(named["formatters"])


def test_it_hides_the_arguments_of_a_task() -> None:
    @shared_task(name="house.probe")
    def probe(value: str) -> None:
        del value

    sent: list[dict[str, object]] = []

    def note(headers: dict[str, object], **_: object) -> None:
        sent.append(headers)

    before_task_publish.connect(note)
    app.tasks["house.probe"].apply_async((SECRET,))
    before_task_publish.disconnect(note)
    assert sent[0]["argsrepr"] == "hidden"
    assert SECRET not in str(sent)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Return a file that is logged to as a service does, for this test only."""
    names = [None, "django", "django.server", "celery", "urllib3"]
    loggers = [logging.getLogger(name) for name in names]
    before = [(it, it.level, list(it.handlers), it.propagate) for it in loggers]
    logging.config.dictConfig(logging_settings(tmp_path / "log.txt"))
    yield tmp_path / "log.txt"
    logging.getLogger().handlers[0].close()
    for logger, level, handlers, is_passed_on in before:
        logger.setLevel(level)
        logger.handlers[:], logger.propagate = handlers, is_passed_on


@shared_task(name="house.fails")
def fails(value: str) -> None:
    raise ValueError(value)


def test_a_log_is_private_whoever_writes_first(log: Path) -> None:
    before = os.umask(0o022)
    logging.getLogger("django").warning("first")
    os.umask(before)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_failing_task_leaves_its_name_class_and_place_but_no_text(log: Path) -> None:
    celery: Celery[Any] = app
    tracer = build_tracer("house.fails", app.tasks["house.fails"], app=celery)
    tracer(uuid4().hex, [SECRET], {}, {"argsrepr": "hidden", "kwargsrepr": "hidden"})
    app.tasks["house.fails"].apply((SECRET,))
    lines = log.read_text(encoding="utf-8")
    assert lines.count("house.fails") == 2
    assert "builtins.ValueError" in lines
    assert "test_quiet_logs.py" in lines
    assert SECRET not in lines


def test_an_exception_among_the_arguments_of_a_message_is_named_by_class(log: Path) -> None:
    logging.getLogger("celery.worker").error("Task handler raised error: %r", OSError(SECRET))
    logging.getLogger("urllib3.probe").warning("broken by %(why)s", {"why": OSError(SECRET)})
    lines = log.read_text(encoding="utf-8")
    assert lines.count("OSError") == 2
    assert SECRET not in lines


def test_a_thread_that_ends_by_an_error_leaves_no_text(
    log: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    worker_init.send(sender=None)
    thread = threading.Thread(target=work, name="party-pipe")
    thread.start()
    thread.join()
    lines = log.read_text(encoding="utf-8")
    assert "party-pipe" in lines
    assert "builtins.ValueError" in lines
    assert SECRET not in lines + "".join(capfd.readouterr())
