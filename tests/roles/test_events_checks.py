"""The checks of the events file stay silent on a sound one and speak on its dangers."""

from pathlib import Path

from django.core.checks import CheckMessage
from pytest_django import Settings

from config.checks_events import check_events_file


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [one.id for one in found]


def test_it_wants_a_place_for_security_events(settings: Settings, tmp_path: Path) -> None:
    assert ids(check_events_file(None)) == []
    settings.ROLE = "relay"
    assert ids(check_events_file(None)) == ["drempel.E040"]
    settings.EVENTS_FILE = str(tmp_path / "absent" / "events.jsonl")
    assert ids(check_events_file(None)) == ["drempel.E040"]
    settings.EVENTS_FILE = str(tmp_path / "events.jsonl")
    assert ids(check_events_file(None)) == []
    (tmp_path / "events.jsonl").symlink_to(tmp_path / "elsewhere")
    assert ids(check_events_file(None)) == ["drempel.E040"]


def test_it_wants_events_and_their_key_private(settings: Settings, tmp_path: Path) -> None:
    settings.EVENTS_FILE = str(tmp_path / "events.jsonl")
    for name in ("events.jsonl", "events.key"):
        (tmp_path / name).touch(mode=0o640)
        assert ids(check_events_file(None)) == []
        (tmp_path / name).chmod(0o644)
        assert ids(check_events_file(None)) == ["drempel.E041"]
        (tmp_path / name).chmod(0o600)
