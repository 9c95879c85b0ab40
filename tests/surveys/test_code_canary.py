"""Look for invitation codes in every file the portal writes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mpcengine.cast import DEFINITION, Federation
from tests.mpcengine.portal_process import PortalProcess

pytestmark = pytest.mark.files
INVITE = """
from rest_framework.test import APIClient
from accounts.services import coordinator_create, token_issue

user = coordinator_create(email="c@example.org", name="Carol", organisation="Council")
carol = APIClient()
token = token_issue(user=user, name="canary")
carol.credentials(HTTP_AUTHORIZATION="Token " + token)
path = "/api/v1/surveys"
made = carol.post(path, {"definition": given["definition"]}, format="json").json()["id"]
path += f"/{made}/invitations"
codes = carol.post(path, {"count": 20}, format="json", headers=given["headers"]).json()["codes"]
carol.post(path, {"count": codes[0]}, format="json")
print(json.dumps([*codes, token]))
"""
LEAK = """
from accounts.models import KeptAnswer

KeptAnswer.objects.update(body=codes[0])
"""


@pytest.fixture
def portal(federation: Federation, tmp_path: Path) -> Iterator[PortalProcess]:
    made = PortalProcess(federation, tmp_path / "portal", on_files=True)
    made.prepare()
    yield made
    made.stop()


def found(portal: PortalProcess, secrets: list[str]) -> set[str]:
    """Return which secrets stand in the database, its journal, the log or the broker."""
    files = [path for path in portal.folder.rglob("*") if path.is_file()]
    assert {"portal.sqlite3", "events.jsonl"} <= {path.name for path in files}
    held = b"".join(path.read_bytes() for path in files)
    return {secret for secret in secrets if secret.encode() in held}


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "kept"}], ids=["once", "kept"])
def test_no_code_and_no_token_is_in_any_file(
    portal: PortalProcess, headers: dict[str, str]
) -> None:
    secrets = json.loads(portal.run(INVITE, definition=DEFINITION, headers=headers).stdout)
    assert len(secrets) == 21
    assert found(portal, secrets) == set()


def test_the_sweep_finds_a_code_that_is_written_somewhere(portal: PortalProcess) -> None:
    made = portal.run(INVITE + LEAK, definition=DEFINITION, headers={"Idempotency-Key": "x"})
    secrets = json.loads(made.stdout)
    assert found(portal, secrets) == {secrets[0]}
