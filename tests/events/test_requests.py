"""What the portal tells of people's acts about data requests: pseudonyms, ids and states."""

import pytest
from django.test import override_settings

from security_events import pseudonym
from tests.datarequests.cast import rosa, submitted
from tests.events.conftest import Events

pytestmark = pytest.mark.django_db


@override_settings(REQUEST_BUDGETS={1: 1})
def test_it_tells_of_keys_states_and_a_spent_budget(events: Events) -> None:
    asker = rosa()
    asker.register()
    first = submitted(asker)
    with pytest.raises(AssertionError):
        submitted(asker)
    assert asker.call("delete", f"keys/{asker.key}")[0] == 204
    told = events("key.registered", "request.moved", "request.over_budget", "key.withdrawn")
    assert [one["event.code"] for one in told] == [
        "key.registered",
        "request.moved",
        "request.over_budget",
        "key.withdrawn",
    ]
    assert {one["user.hash"] for one in told} == {pseudonym(str(asker.user.pk))}
    assert (told[1]["drempel.survey"], told[1]["drempel.state"]) == (first, "submitted")
    assert "rosa" not in str(told)
