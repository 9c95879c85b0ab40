"""A node names what counts of a requester's earlier lists, opens it, and forgets it in time."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mpcengine.protocol.canonical import digest
from mpcengine.protocol.wordswire import DIFFERENCE
from nodes.keystore import KeystoreError
from nodes.models import JobState, RetainedChunk, RetainedSet
from nodes.services.difference import difference_step
from nodes.services.difference_sets import set_blocks, sets_forget, sets_named
from tests.nodes.anna import Anna
from tests.nodes.anna_request import AnnaRequest, keep

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])
ROSA, RAVI = bytes(32), bytes(31) + b"\x01"
NOW = timezone.now()


def asked(number: int, days: float = 0, requester: bytes = ROSA) -> RetainedSet:
    """Keep a list that was asked with so many days ago."""
    return keep(digest(bytes((number,))), requester, NOW - timedelta(days=days))


def test_the_latest_sixteen_of_a_year_count_and_others_are_held(anna: Anna) -> None:
    assert anna.folder.exists()
    rows = [asked(number, days=number * 20) for number in range(20)]
    asked(99, requester=RAVI)
    last, others = sets_named(ROSA, now=NOW)
    assert set(last) == {row.request for row in rows[:16]}
    assert set(others) == {row.request for row in rows[16:]}
    # In seventy days the oldest of the sixteen are more than a year old.
    last, others = sets_named(ROSA, now=NOW + timedelta(days=70))
    assert set(last) == {row.request for row in rows[:15]}
    assert rows[15].request in others


def test_what_does_not_open_or_is_not_whole_is_not_held(anna: Anna) -> None:
    assert anna.folder.exists()
    whole, torn, foreign = (asked(number) for number in range(3))
    torn.chunks.all().delete()
    RetainedSet.objects.filter(pk=foreign.pk).update(key=bytes(whole.key))
    assert sets_named(ROSA, now=NOW) == ((whole.request,), ())
    with pytest.raises(KeystoreError):
        list(set_blocks(whole))


def test_it_is_erased_a_year_and_a_day_later(anna: Anna) -> None:
    assert anna.folder.exists()
    rows = [asked(number, days) for number, days in enumerate((364, 365.9, 366.1, 500))]
    sets_forget(now=NOW)
    kept = set(RetainedSet.objects.values_list("request", flat=True))
    assert kept == {row.request for row in rows[:2]}
    assert RetainedChunk.objects.count() == 2


def test_an_operator_forgets_a_requesters_questions(anna: Anna) -> None:
    assert anna.folder.exists()
    for number in range(3):
        asked(number)
    asked(9, requester=RAVI)
    said = StringIO()
    call_command("forget_questions", ROSA.hex(), stdout=said)
    assert said.getvalue() == "3 lists forgotten\n"
    assert bytes(RetainedSet.objects.get().requester) == RAVI
    for bad in ("", "zz" * 32, ROSA.hex()[2:]):
        with pytest.raises(CommandError, match="64 hexadecimal"):
            call_command("forget_questions", bad)


def test_one_question_of_a_requester_waits_for_another(anna: Anna) -> None:
    """Anna's node speaks first for one of these keys; for others it waits to hear Bram."""
    made = (AnnaRequest.make(anna) for _ in range(40))
    one = next(each for each in made if each.speaks_first == "a")
    job = one.open()
    other = AnnaRequest.make(anna, requester=one.keys[0]).open()
    for each in (job, other):
        one.put(each, JobState.COMPUTING, round=DIFFERENCE, attempt=1)
    assert getattr(difference_step(job), "stage", None) == "earlier"
    waits = difference_step(other)
    assert waits is not None
    assert (waits.stage, waits.seconds > 0) == ("", True)
    # The first one's outcome is said, or it has ended: the second goes on.
    one.put(job, JobState.WITHHELD, reason="node lost")
    assert getattr(difference_step(other), "stage", None) == "earlier"
