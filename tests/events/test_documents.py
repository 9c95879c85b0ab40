"""The document and the alert rules say what the catalogue says."""

import json
from pathlib import Path
from typing import Any

import pytest

from security_events.catalogue import CATALOGUE
from security_events.emitting import event_line
from security_events.fields import FIELDS
from security_events.table import BEGIN, END, catalogue_lines, field_lines
from tests.architecture.tree import text
from tests.events.test_emit import LONGEST, USED

PAGE = Path("docs/security-events.md")
RULES: list[dict[str, Any]] = json.loads(text(Path("docs/alert-rules.json")))
LEVELS = {"low", "medium", "high", "critical"}
KEYS = {"match", "without", "at_least", "group_by", "count", "within_seconds"}


def test_it_has_the_catalogue_as_a_table() -> None:
    written = text(PAGE).partition(BEGIN)[2].partition(END)[0].splitlines()
    assert written == [*catalogue_lines(), "", *field_lines()]


def test_its_example_is_a_real_line() -> None:
    shown = json.loads(text(PAGE).partition("```json\n")[2].partition("\n```")[0])
    real = json.loads(event_line(shown["event.code"], "success", {"job": 1}))
    told = {FIELDS[name].ecs for name in CATALOGUE[shown["event.code"]].fields}
    assert shown.keys() - told == real.keys() - told


def names_of(code: str) -> set[str]:
    """Return every name that a line of an event can have."""
    entry = CATALOGUE[code]
    own = {FIELDS[name].ecs for name in entry.fields}
    return own | set(json.loads(event_line(USED[0], "success", {}))) | {"drempel.count_below"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["title"])
def test_an_alert_names_only_what_can_be_in_a_line(rule: dict[str, Any]) -> None:
    assert rule.keys() == {"title", "level", "detection"}
    assert rule["level"] in LEVELS
    detection = rule["detection"]
    assert {"match"} <= detection.keys() <= KEYS
    match = detection["match"]
    named = match.get("event.code", list(CATALOGUE))
    codes = [named] if isinstance(named, str) else named
    for code in codes:
        assert code in CATALOGUE
        asked = {*match, *detection.get("group_by", ()), *detection.get("at_least", {})}
        assert asked <= names_of(code)
    for code in detection.get("without", {}).values():
        assert code in CATALOGUE
    for number in (detection.get("count", 1), detection.get("within_seconds", 1)):
        assert isinstance(number, int)
        assert number > 0


def test_every_field_has_an_example() -> None:
    assert LONGEST.keys() == FIELDS.keys()
    assert {name for entry in CATALOGUE.values() for name in entry.fields} == FIELDS.keys()
