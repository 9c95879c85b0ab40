"""Each role, under its own real settings: its own tables, its own addresses, no others."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.roles.service_files import ROLES, environment, manage, service_members

# Signing in brings tables of Django and allauth, to the portal only.
SIGN_IN = {
    "account",
    "admin",
    "auth",
    "contenttypes",
    "mfa",
    "sessions",
    "socialaccount",
    "usersessions",
}
OWN = {
    "portal": {"accounts", "datarequests", "mpcengine", "surveys"} | SIGN_IN,
    "relay": {"relay"},
    "node": {"nodes"},
}
Run = Callable[..., str]


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(role: str, tmp_path: Path) -> Run:
    environ = environment(role, tmp_path, service_members(role, tmp_path))

    def manage_it(*arguments: str) -> str:
        ended = manage(environ, *arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return manage_it


def test_it_starts_sound(run: Run) -> None:
    assert "no issues" in run("check", "--fail-level", "WARNING")


def test_it_plans_its_own_tables_only(run: Run, role: str) -> None:
    plan = run("migrate", "--plan")
    assert set(re.findall(r"^(\w+)\.\d{4}_", plan, re.MULTILINE)) == OWN[role]


def test_it_keeps_who_may_answer_out_of_the_packages(tmp_path: Path) -> None:
    environ = environment("node", tmp_path, service_members("node", tmp_path))
    tables = {}
    for database in ("default", "issuing"):
        assert manage(environ, "migrate", "--database", database).returncode == 0
        listed = manage(environ, "inspectdb", "--database", database).stdout
        tables[database] = set(re.findall(r"db_table = '(nodes_\w+)'", listed))
    assert "nodes_rosterentry" in tables["issuing"]
    assert "nodes_job" in tables["default"]
    assert not tables["default"] & tables["issuing"]


def test_it_describes_its_own_addresses_in_openapi(run: Run, role: str) -> None:
    described = json.loads(run("spectacular", "--format", "openapi-json"))
    assert described["openapi"] == "3.1.0"
    marks = {"portal": "surveys/{survey_id}/publish", "relay": "packages", "node": "tokens"}
    paths = " ".join(described["paths"])
    for other, mark in marks.items():
        if other != "relay":
            assert (f"/api/v1/{mark}" in paths) == (other == role)


def test_it_says_why_it_does_not_start(role: str, tmp_path: Path) -> None:
    members = service_members(role, tmp_path)
    del members["port"]
    ended = manage(environment(role, tmp_path, members), "check")
    assert ended.returncode == 1
    assert ended.stderr.strip() == 'The service file lacks the key "port".'
