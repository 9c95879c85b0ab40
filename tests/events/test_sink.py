"""The events file is whole or waited for, and what a person orders is refused without it."""

import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from nodes.models import Job
from nodes.services.manifests import manifest_open
from security_events import EventsDown, emit, emit_anyway, sink
from security_events.sink import lines_append
from tests.events.conftest import Events
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_act_is_refused_while_it_cannot_be_told(no_room: Path) -> None:
    began = time.monotonic()
    with pytest.raises(EventsDown) as refused:
        emit("survey.closed", job=1)
    assert time.monotonic() - began < 2
    assert (refused.value.status, refused.value.code) == (503, "events.unavailable")
    assert refused.value.wait == 30
    no_room.rmdir()
    emit("survey.closed", job=1)


def test_nothing_else_is_refused(no_room: Path) -> None:
    emit("release.done", job=1)
    emit("survey.closed", outcome="failure", job=1)
    emit_anyway("survey.closed", job=1, reason="time")
    assert no_room.is_dir()


def test_what_waited_follows_without_a_gap(
    no_room: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "RETRY_SECONDS", 0.05)
    emit("release.done", job=1)
    with pytest.raises(EventsDown):
        emit("survey.closed", job=2)
    emit("release.done", job=3)
    no_room.rmdir()
    wait_for(lambda: bool(events("log.sink_up")))
    emit("release.done", job=4)
    told = events()
    assert [(one["event.code"], one.get("drempel.job")) for one in told] == [
        ("log.sink_down", None),
        ("release.done", 1),
        ("release.done", 3),
        ("log.sink_up", None),
        ("release.done", 4),
    ]
    assert (told[0]["event.outcome"], told[0]["event.severity"]) == ("failure", 4)
    assert (told[3]["drempel.kept"], told[3]["drempel.lost"]) == (2, 0)
    # The number of the refused act is in no line.
    numbers = [one["event.sequence"] for one in told if "drempel.job" in one]
    assert numbers[1] - numbers[0] > 1


def test_it_says_how_many_were_lost(
    no_room: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(sink, "MOST_KEPT", 3)
    for number in range(5):
        emit("release.done", job=number)
    no_room.rmdir()
    wait_for(lambda: bool(events("log.sink_up")))
    (up,) = events("log.sink_up")
    assert (up["drempel.kept"], up["drempel.lost"]) == (2, 3)


def test_a_file_system_that_hangs_holds_nobody_up_for_long(
    events_file: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = lines_append

    def hanging(path: Path, lines: list[bytes]) -> None:
        time.sleep(1.5)
        real(path, lines)

    monkeypatch.setattr(sink, "WAIT_SECONDS", 0.3)
    monkeypatch.setattr(sink, "lines_append", hanging)
    emit("release.done", job=1)
    began = time.monotonic()
    with pytest.raises(EventsDown):
        emit("survey.closed", job=2)
    with pytest.raises(EventsDown):
        emit("survey.closed", job=3)
    assert time.monotonic() - began < 1
    monkeypatch.setattr(sink, "lines_append", real)
    wait_for(lambda: len(events()) == 1)
    emit("release.done", job=4)
    wait_for(lambda: len(events()) == 2)
    # What was refused is not told as done, however late the file came back.
    assert [one["drempel.job"] for one in events("release.done")] == [1, 4]
    assert events("survey.closed") == []
    assert events_file.is_file()


def test_a_line_that_does_not_fit_is_taken_back(events_file: Path, events: Events) -> None:
    emit("release.done", job=1)
    size = events_file.stat().st_size
    child = os.fork()
    if child == 0:
        # A full disk, for this child alone: files may grow by half a line.
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 100))
        try:
            emit("survey.closed", job=2)
        except EventsDown:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert events_file.stat().st_size == size
    emit("release.done", job=3)
    assert [one["drempel.job"] for one in events()] == [1, 3]


@pytest.mark.parametrize("mode", [0o606, 0o620, 0o604])
def test_a_file_that_others_read_or_write_is_none(events_file: Path, mode: int) -> None:
    events_file.touch()
    events_file.chmod(mode)
    with pytest.raises(EventsDown):
        emit("survey.closed", job=1)
    assert events_file.stat().st_size == 0


def test_a_link_or_a_pipe_is_no_events_file(events_file: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    events_file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EventsDown):
        emit("survey.closed", job=1)
    events_file.unlink()
    os.mkfifo(events_file, 0o600)
    began = time.monotonic()
    with pytest.raises(EventsDown):
        emit("survey.closed", job=1)
    assert time.monotonic() - began < 2.5
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_the_file_may_be_rotated_away(events_file: Path, events: Events) -> None:
    emit("release.done", job=1)
    events_file.rename(events_file.with_suffix(".1"))
    emit("release.done", job=2)
    assert json.loads(events_file.with_suffix(".1").read_text())["drempel.job"] == 1
    assert [one["drempel.job"] for one in events()] == [2]


@pytest.mark.django_db(databases=["default", "issuing"])
def test_a_node_does_not_open_or_close_what_it_cannot_tell(
    anna: Anna, events_file: Path, settings: Settings
) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    anna.accept(draft, manifest)
    signatures = anna.signatures(manifest)
    events_file.unlink()
    events_file.mkdir()
    with pytest.raises(EventsDown):
        manifest_open(digest=manifest.digest, signatures=signatures)
    assert Job.objects.get().state == "prepared"
    events_file.rmdir()
    job = manifest_open(digest=manifest.digest, signatures=signatures)
    events_file.unlink()
    events_file.mkdir()
    with pytest.raises(EventsDown):
        anna.order(draft, manifest, "close")
    job.refresh_from_db()
    assert (job.state, job.orders.count()) == ("open", 0)
    settings.EVENTS_FILE = ""
    assert anna.order(draft, manifest, "close").state == "closing"
