"""Duties are kept apart, and every role gets at each step what it may, and nothing else."""

import pytest

from datarequests.models import DataRequest, OrganisationKey
from mpcengine.protocol.strict import to_base64
from tests.datarequests.cast import Actor, approver, carol, holder, rosa, submitted

pytestmark = pytest.mark.django_db
STEPS = (
    *("intake", "return", "preparation", "manifest", "approval", "rejection"),
    *("revocation", "invite", "orders", "closing", "submission", "withdrawal"),
)
BODY = {"reason": "No.", "signature": to_base64(b"\x01" * 64), "key": 1}


def people() -> dict[str, Actor]:
    return {"asker": rosa(), "coordinator": carol(), "approver": approver(), "holder": holder()}


def test_who_has_no_part_sees_nothing_and_can_do_nothing() -> None:
    cast = people()
    cast["asker"].register()
    number = submitted(cast["asker"])
    for name in ("approver", "holder"):
        assert cast[name].call("get", f"requests/{number}")[0] == 404
        assert cast[name].get("requests")["count"] == 0
        for step in STEPS:
            assert cast[name].call("post", f"requests/{number}/{step}", BODY)[0] == 404


def test_a_wrong_role_is_refused_at_every_step() -> None:
    cast = people()
    cast["asker"].register()
    number = submitted(cast["asker"])
    for step in ("preparation", "invite", "closing", "intake"):
        status, answer = cast["asker"].call("post", f"requests/{number}/{step}", BODY)
        assert (status, answer["code"]) == (403, "role.missing"), step
    status, answer = cast["coordinator"].call("post", f"requests/{number}/withdrawal", {})
    assert (status, answer["code"]) == (403, "role.missing")
    assert DataRequest.objects.get().state == "submitted"
    assert OrganisationKey.objects.count() == 1
