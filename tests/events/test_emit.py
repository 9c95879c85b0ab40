"""One event is one line of the closed catalogue, or an error at once."""

import json
import multiprocessing
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from security_events import emit, emit_anyway, process_named, pseudonym
from security_events.catalogue import CATALOGUE
from security_events.emitting import LONGEST_LINE, UnknownEventError, event_line
from security_events.fields import FIELDS
from tests.events.conftest import Events

MANIFEST = "sha256:" + "ab" * 32
# One good value of every field, the longest where there are several lengths.
LONGEST: dict[str, Any] = {
    "manifest": MANIFEST,
    "survey": "0f" * 16,
    "job": 2**53 - 1,
    "round": 2,
    "attempt": 2**53 - 1,
    "peer": "b",
    "reason": ".".join(["abcdefghijklmnopqrstuvwx"] * 6),
    "duration": "under_10m",
    "count": 2**53 - 1,
    "hour": "2026-11-24T20Z",
    "excluded": 2**53 - 1,
    "result": MANIFEST,
    "key": "ab" * 16,
    "key_kind": "api_token",
    "person": "cd" * 16,
    "target": "ef" * 16,
    "organisation": "01234567-89ab-cdef-0123-456789abcdef",
    "role": "coordinator",
    "state": "not_released",
    "role_before": "coordinator",
    "method": "recovery_code",
    "file": "service",
    "hash_before": MANIFEST,
    "hash_after": MANIFEST,
    "seconds": 2**53 - 1,
    "takeovers": 2**53 - 1,
    "kept": 2**53 - 1,
    "lost": 2**53 - 1,
    "version": "0.1.0",
}
USED = [code for code, entry in CATALOGUE.items() if not entry.is_reserved]


def test_it_writes_one_line_with_ecs_names(events: Events) -> None:
    emit("survey.closed", manifest=MANIFEST, job=3, reason="order")
    (line,) = events()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["@timestamp"])
    assert line["event.code"] == "survey.closed"
    assert line["event.action"] == "survey-closed"
    assert line["event.category"] == ["api"]
    assert line["event.type"] == ["end"]
    assert line["event.outcome"] == "success"
    assert line["event.severity"] == 1
    assert line["ecs.version"] == "8.17.0"
    assert line["ocsf.class_uid"] == 6003
    assert line["service.name"] == f"drempel-{django_settings.ROLE}"
    assert line["process.name"] == "command"
    assert re.fullmatch(r"[0-9a-f]{64}", line["drempel.build"])
    assert (line["drempel.manifest"], line["drempel.job"]) == (MANIFEST, 3)
    assert line["event.reason"] == "order"


def test_it_names_the_process(events: Events) -> None:
    process_named("web")
    emit("build.started", version="0.1.0")
    process_named("command")
    assert events()[0]["process.name"] == "web"


def test_it_numbers_the_events_of_a_process(events: Events) -> None:
    for _ in range(3):
        emit("build.started")
    first, second, third = (one["event.sequence"] for one in events())
    assert (second, third) == (first + 1, first + 2)


@pytest.mark.parametrize("code", USED)
def test_every_event_fits_a_page_with_all_its_fields(code: str) -> None:
    fields = {name: LONGEST[name] for name in CATALOGUE[code].fields}
    line = event_line(code, "success", fields)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) <= LONGEST_LINE // 2
    told = json.loads(line)
    assert {FIELDS[name].ecs for name in fields} <= told.keys()


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("survey.opend", {}),
        ("request.created", {}),
        ("survey.closed", {"color": "red"}),
        ("survey.closed", {"seconds": 3}),
        ("survey.closed", {"job": "3"}),
        ("survey.closed", {"job": True}),
        ("survey.closed", {"job": -1}),
        ("survey.closed", {"manifest": "ab" * 32}),
        ("survey.closed", {"reason": "Because I say so"}),
        ("survey.closed", {"reason": "order\nforged"}),
        ("survey.closed", {"reason": "order\n"}),
        ("survey.closed", {"reason": "a" * 25}),
        ("auth.login.fail", {"person": "carol@example.org"}),
        ("auth.login.fail", {"method": "192.0.2.1"}),
        ("mpc.peer_lost", {"peer": "d"}),
    ],
)
def test_it_raises_what_the_catalogue_does_not_know(
    code: str, fields: dict[str, Any], events: Events
) -> None:
    for way in (emit, emit_anyway):
        with pytest.raises(UnknownEventError) as caught:
            way(code, **fields)
        for value in fields.values():
            assert str(value) not in str(caught.value).replace(code, "")
    assert events() == []


def test_it_raises_an_unknown_outcome() -> None:
    with pytest.raises(UnknownEventError):
        emit("survey.closed", outcome="maybe")


def test_no_field_takes_a_control_character_or_a_sentence() -> None:
    for name, field in FIELDS.items():
        assert field.takes(LONGEST[name]), name
        for text in ("a b", "a\n", "\x00", "\x1b[2J", "a\r\nb", "\u2028", '"', "", "a" * 300):
            assert not field.takes(text), name


def test_a_small_count_is_told_as_small_only(events: Events) -> None:
    emit("token.batch_issued", count=9)
    emit("token.batch_issued", count=10)
    small, large = events()
    assert small["drempel.count_below"] == 10
    assert "drempel.count" not in small
    assert large["drempel.count"] == 10
    assert "drempel.count_below" not in large


def test_the_file_is_its_owners_alone(events_file: Path, events: Events) -> None:
    old = os.umask(0)
    try:
        emit("build.started")
    finally:
        os.umask(old)
    assert stat.S_IMODE(events_file.stat().st_mode) == 0o600
    assert len(events()) == 1


def _emit_many(path: str, number: int) -> None:
    django_settings.EVENTS_FILE = path
    for _ in range(number):
        emit("survey.closed", manifest=MANIFEST, job=number)


def test_several_processes_write_whole_lines(events_file: Path, events: Events) -> None:
    processes = [
        multiprocessing.get_context("fork").Process(
            target=_emit_many, args=(str(events_file), 100)
        )
        for _ in range(4)
    ]
    for one in processes:
        one.start()
    for one in processes:
        one.join(60)
        assert one.exitcode == 0
    told = events()
    assert len(told) == 400
    by_process = {one["process.pid"]: 0 for one in told}
    assert len(by_process) == 4
    for line in told:
        by_process[line["process.pid"]] += 1
        assert line["event.sequence"] == by_process[line["process.pid"]]


def test_a_person_is_the_same_pseudonym_in_one_service_only(
    tmp_path: Path, settings: Any
) -> None:
    settings.EVENTS_FILE = str(tmp_path / "one.jsonl")
    first = pseudonym("5f0c")
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert pseudonym("5f0c") == first
    assert pseudonym("5f0d") != first
    assert stat.S_IMODE((tmp_path / "one.key").stat().st_mode) == 0o600
    settings.EVENTS_FILE = str(tmp_path / "two.jsonl")
    assert pseudonym("5f0c") != first
