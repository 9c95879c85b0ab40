"""The manifest's coordinator opens answering and closes; nobody else does."""

import pytest

from mpcengine.protocol.errors import BadSignature
from mpcengine.protocol.orders import build_order
from mpcengine.protocol.signing import LABEL_ORDER, sign
from nodes.models import CoordinatorOrder, JobState
from nodes.services.leases import StaleJob, job_rest, job_take
from nodes.services.orders import order_accept
from problems import Conflict, Missing
from tests.nodes.anna import Anna, now
from tests.nodes.publishing import colour_survey
from tests.people import CAROL, MALLORY

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def test_it_closes_once_and_keeps_the_order(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    job = anna.order(draft, manifest, "close")
    assert job.state == JobState.CLOSING
    again = anna.order(draft, manifest, "close")
    assert (again.epoch, again.closed_at) == (job.epoch, job.closed_at)
    assert CoordinatorOrder.objects.get().kind == "close"


def test_it_refuses_an_order_of_somebody_else(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, job = anna.open(draft)
    body = build_order(manifest.digest, "close")
    with pytest.raises(BadSignature):
        order_accept(order=body, signature=sign(MALLORY.signing_key, LABEL_ORDER, body))
    job.refresh_from_db()
    assert job.state == JobState.OPEN


def test_it_refuses_an_order_for_what_is_not_open(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    body = build_order(manifest.digest, "close")
    signature = sign(CAROL.signing_key, LABEL_ORDER, body)
    with pytest.raises(Missing):
        order_accept(order=body, signature=signature)
    anna.accept(draft, manifest)
    with pytest.raises(Conflict):
        order_accept(order=body, signature=signature)


def test_it_takes_the_job_away_from_whoever_drives_it(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, opened = anna.open(draft)
    driver = job_take(job_pk=opened.pk, owner="worker", now=now())
    assert driver is not None
    job = anna.order(draft, manifest, "close")
    assert (job.lease_owner, job.lease_until) == ("", None)
    with pytest.raises(StaleJob):
        job_rest(driver, due_at=None)
