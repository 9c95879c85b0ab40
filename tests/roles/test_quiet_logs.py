"""A log line says that something failed and where, never what it held."""

import logging

import pytest
from celery import shared_task
from celery.signals import before_task_publish

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
