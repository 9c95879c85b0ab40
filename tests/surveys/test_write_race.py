"""Eight identical writes at once under one Idempotency-Key are one write."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mpcengine.cast import DEFINITION, Federation
from tests.mpcengine.portal_process import PortalProcess

RACE = """
import threading
from django.db import connection
from rest_framework.test import APIClient
from accounts.services import coordinator_create, token_issue
from surveys.models import Survey

user = coordinator_create(email="c@example.org", name="Carol", organisation="Council")
header = {"HTTP_AUTHORIZATION": "Token " + token_issue(user=user, name="race")}
answers, start = [], threading.Barrier(8)

def write():
    start.wait()
    answer = APIClient().post(given["path"], given["body"], format="json",
                              headers={"Idempotency-Key": "race"}, **header)
    answers.append([answer.status_code, answer.json()])
    connection.close()

if "{survey}" in given["path"]:
    made = APIClient().post("/api/v1/surveys", {"definition": given["definition"]},
                            format="json", **header)
    given["path"] = given["path"].replace("{survey}", made.json()["id"])
threads = [threading.Thread(target=write) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps({"answers": answers, "surveys": Survey.objects.count(),
                  "invited": Survey.objects.get().invited}))
"""


@pytest.fixture
def portal(federation: Federation, tmp_path: Path) -> Iterator[PortalProcess]:
    made = PortalProcess(federation, tmp_path / "portal")
    made.prepare()
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("path", "body", "invited", "again"),
    [
        ("/api/v1/surveys", {"definition": DEFINITION}, 0, 201),
        ("/api/v1/surveys/{survey}/invitations", {"count": 5}, 5, 409),  # codes are shown once
    ],
)
def test_eight_identical_writes_at_once_are_one(
    portal: PortalProcess, path: str, body: dict[str, object], invited: int, again: int
) -> None:
    ended = portal.run(RACE, path=path, body=body, definition=DEFINITION)
    seen = json.loads(ended.stdout)
    answers = sorted(seen["answers"], key=lambda answer: answer[0])
    assert [status for status, _ in answers] == [201] + [again] * 7
    assert all(answer == answers[1] for answer in answers[1:])
    assert (seen["surveys"], seen["invited"]) == (1, invited)
    log = portal.folder / "log"
    assert not log.exists() or "Traceback" not in log.read_text()
