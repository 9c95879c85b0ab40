"""People register public halves of keys they hold, for roles they have."""

import pytest

from mpcengine.protocol.strict import to_base64
from tests.datarequests.cast import approver, carol, holder, rosa

pytestmark = pytest.mark.django_db


def test_it_registers_a_key_that_signed_for_itself() -> None:
    asker = rosa()
    asker.register()
    seen = asker.get("keys")["results"][0]
    assert (seen["id"], seen["own"], seen["revoked_at"]) == (asker.key, True, None)
    assert asker.call("post", "keys", asker.registration())[1]["code"] == "key.known"


def test_it_refuses_a_key_of_another_organisation_or_role_or_holder() -> None:
    asker, other = rosa(), approver()
    given = asker.registration(organisation="Bank")
    assert asker.call("post", "keys", given)[1]["code"] == "key.organisation"
    given = asker.registration(role="approver", seal_key=None)
    assert asker.call("post", "keys", given)[1]["code"] == "role.missing"
    forged = asker.registration() | {"signature": to_base64(b"\x01" * 64)}
    assert asker.call("post", "keys", forged)[1]["code"] == "signature.invalid"
    asker.register()
    assert other.call("delete", f"keys/{asker.key}")[0] == 404


def test_it_offers_a_coordinator_the_keys_of_its_community_alone() -> None:
    coordinator, near = carol(), holder()
    far = holder("hanna", "Far bank")
    home = far.user.organisation
    home.coordinated_by = None
    home.save()
    near.register()
    far.browser.force_login(far.user.__class__.objects.get(pk=far.user.pk))
    far.register()
    offered = coordinator.get("keys?offered=holder")["results"]
    assert [one["organisation"] for one in offered] == ["Bank"]
    assert near.call("get", "keys?offered=holder")[0] == 403
    assert near.call("delete", f"keys/{near.key}")[0] == 204
    assert coordinator.get("keys?offered=holder")["results"] == []
