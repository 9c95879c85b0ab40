"""Drive a job from proposal to signed result against nodes that speak real HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mpcengine import http_peer
from mpcengine.job_driver import job_drive
from mpcengine.models import JobNode, MpcJob, SignedResult
from mpcengine.protocol.result import verify_result
from mpcengine.selectors import job_view, jobs_due, result_document_get
from mpcengine.services import job_order_take, job_propose
from tests.mpcengine.cast import Federation, Published, order_of, publish
from tests.mpcengine.node_double import release, withhold

pytestmark = pytest.mark.django_db(transaction=True)

COUNTS = {0: 12, 1: 15, 2: 11}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_peer, "WAIT_SECONDS", 0.001)


def propose(published: Published) -> MpcJob:
    return job_propose(
        manifest=published.manifest.raw,
        coordinator_signature=published.signature,
        rosters=published.rosters,
    )


def drive(job: MpcJob) -> MpcJob:
    job_drive(job_id=job.pk, owner="test")
    job.refresh_from_db()
    return job


def result_of(published: Published) -> Any:
    return result_document_get(digest=published.manifest.digest)


def close(published: Published) -> None:
    order, signature = order_of(published.manifest, "close")
    job_order_take(order=order, signature=signature)


def test_it_brings_a_survey_from_proposal_to_a_verified_result(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    assert job.state == "open"
    assert all(
        len(node.signatures[published.manifest.digest]) == 3 for node in federation.nodes
    )
    assert federation.relay.manifests == [published.signed.to_json()]

    close(published)
    assert drive(job).state == "running"
    assert federation.relay.orders == ["close"]
    assert [node.orders for node in federation.nodes] == [["close"]] * 3
    assert drive(job).state == "running"

    release(federation.nodes, published.manifest, COUNTS)
    assert drive(job).state == "released"
    document = result_of(published)
    assert [cell["count"] for cell in document["tables"][0]["cells"]] == [12, 15, 11]
    assert verify_result(document).accepted == 38
    assert job.due_at is None


def test_it_shows_a_withheld_result_with_its_reason_and_no_number(
    federation: Federation,
) -> None:
    published = publish(federation)
    job = drive(propose(published))
    close(published)
    withhold(federation.nodes, published.manifest, "fewer than min_count")
    assert drive(job).state == "withheld"
    document = result_of(published)
    assert (document["accepted"], document["reason"]) == (None, "fewer than min_count")
    assert "tables" not in document


def test_it_ends_as_refused_with_the_nodes_code_and_sentence(federation: Federation) -> None:
    federation.nodes[1].refusals["POST manifests"] = (403, "policy.min_count")
    published = publish(federation)
    job = drive(propose(published))
    assert (job.state, job.reason_code) == ("refused", "policy.min_count")
    assert job.reason == "Node b refuses: The sentence of policy.min_count."
    assert federation.relay.manifests == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "manifest.record"), (409, "manifest.no_keys"), (413, "body.length")],
)
def test_it_fails_when_a_node_cannot_take_the_manifest(
    federation: Federation, status: int, code: str
) -> None:
    federation.nodes[1].refusals["POST manifests"] = (status, code)
    job = drive(propose(publish(federation)))
    assert (job.state, job.reason_code) == ("failed", code)
    assert job.reason == f"Node b cannot take the manifest: The sentence of {code}."


@pytest.mark.parametrize("status", [429, 500, 503])
def test_it_waits_for_a_node_that_cannot_answer_now(
    federation: Federation, status: int
) -> None:
    federation.nodes[1].refusals["POST manifests"] = (status, "policy.broken")
    job = drive(propose(publish(federation)))
    assert job.state == "proposed"
    federation.nodes[1].refusals.clear()
    assert drive(job).state == "open"


def test_it_fails_when_a_node_signs_with_another_key(federation: Federation) -> None:
    federation.nodes[2].signs_wrongly = True
    job = drive(propose(publish(federation)))
    assert (job.state, job.reason_code) == ("failed", "node.signature")


def test_it_forgets_each_roster_once_its_node_has_signed(federation: Federation) -> None:
    published = publish(federation)
    federation.nodes[2].die()
    job = drive(propose(published))
    held = dict(JobNode.objects.filter(job=job).values_list("node", "roster"))
    assert held == {"a": None, "b": None, "c": published.rosters["c"]}
    federation.nodes[2].start()
    drive(job)
    assert set(JobNode.objects.filter(job=job).values_list("roster", flat=True)) == {None}


@pytest.mark.parametrize("stage", ["proposed", "agreed", "running"])
def test_it_waits_for_a_dead_node_and_goes_on_when_it_is_back(
    federation: Federation, stage: str
) -> None:
    published = publish(federation)
    job = propose(published)
    dead = federation.nodes[0]
    if stage == "agreed":
        dead.refusals["PUT"] = (503, "later")
        assert drive(job).state == "agreed"
        dead.refusals.clear()
    if stage == "running":
        drive(job)
        close(published)
    dead.die()
    assert drive(job).state == stage
    assert job.misses > 0
    assert job.due_at is not None
    assert job.due_at > timezone.now()
    release(federation.nodes, published.manifest, COUNTS)
    dead.start()
    if stage != "running":
        drive(job)
        close(published)
    assert drive(job).state == "released"
    assert dead.orders == ["close"]


def test_it_does_not_close_the_nodes_before_the_relay_is_empty(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    federation.relay.is_drained = False
    close(published)
    assert drive(job).state == "closing"
    assert federation.relay.orders == ["close"]
    assert [node.orders for node in federation.nodes] == [[], [], []]
    federation.relay.is_drained = True
    assert drive(job).state == "running"
    assert [node.orders for node in federation.nodes] == [["close"]] * 3


def test_it_closes_the_nodes_when_the_relay_had_its_time(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    federation.relay.is_drained = False
    close(published)
    drive(job)
    MpcJob.objects.update(close_taken_at=timezone.now() - timedelta(seconds=6))
    assert drive(job).state == "running"


def test_it_forwards_the_order_to_open_answering_once(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    order, signature = order_of(published.manifest, "open-answering")
    for _ in range(2):
        job_order_take(order=order, signature=signature)
        drive(job)
    assert [node.orders for node in federation.nodes] == [["open-answering"]] * 3
    assert federation.relay.orders == ["open-answering"]


def test_a_node_that_was_away_while_people_answered_is_opened_before_it_is_closed(
    federation: Federation,
) -> None:
    """Else it refuses what the relay holds for it, until the relay's time is over."""
    published = publish(federation)
    job = drive(propose(published))
    federation.relay.is_drained = False
    away = federation.nodes[2]
    away.die()
    order, signature = order_of(published.manifest, "open-answering")
    job_order_take(order=order, signature=signature)
    drive(job)
    close(published)
    assert drive(job).state == "closing"
    away.start()
    assert drive(job).state == "closing"
    assert away.orders == ["open-answering"]
    federation.relay.is_drained = True
    assert drive(job).state == "running"
    assert away.orders == ["open-answering", "close"]


def test_it_ignores_a_statement_with_a_wrong_signature_until_a_right_one_comes(
    federation: Federation,
) -> None:
    published = publish(federation)
    job = drive(propose(published))
    close(published)
    federation.nodes[1].signs_wrongly = True
    release(federation.nodes, published.manifest, COUNTS)
    assert drive(job).state == "running"
    assert not SignedResult.objects.exists()
    federation.nodes[1].signs_wrongly = False
    release(federation.nodes, published.manifest, COUNTS)
    assert drive(job).state == "released"


def test_it_fails_when_a_node_states_another_share(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    close(published)
    release(federation.nodes, published.manifest, COUNTS)
    honest = federation.nodes[:2]
    kept = [dict(node.statements) for node in honest]
    release(federation.nodes, published.manifest, {0: 13, 1: 14, 2: 11})
    for node, statements in zip(honest, kept, strict=True):
        node.statements = statements
    assert drive(job).state == "failed"
    assert job.reason_code == "opening.line"
    assert not SignedResult.objects.exists()


def test_it_ends_with_two_statements_only_when_both_say_the_node_is_lost(
    federation: Federation,
) -> None:
    published = publish(federation)
    job = drive(propose(published))
    close(published)
    federation.nodes[2].die()
    withhold(federation.nodes[:2], published.manifest, "node lost")
    assert drive(job).state == "withheld"
    assert len(result_of(published)["proof"]["nodes"]) == 2


def test_two_statements_with_another_reason_are_not_enough(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    close(published)
    federation.nodes[2].die()
    withhold(federation.nodes[:2], published.manifest, "fewer than min_count")
    assert drive(job).state == "running"


def test_it_gives_up_an_agreement_at_the_closing_time(federation: Federation) -> None:
    published = publish(federation)
    federation.nodes[0].die()
    job = drive(propose(published))
    MpcJob.objects.update(closes_at=timezone.now() - timedelta(seconds=1))
    assert (drive(job).state, job.reason_code) == ("failed", "agreement.too_late")


def test_it_closes_by_the_clock_without_an_order(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    MpcJob.objects.update(closes_at=timezone.now() - timedelta(seconds=1))
    assert drive(job).state == "running"
    assert federation.relay.orders == []


def test_it_calls_no_address_twice_in_vain_within_a_step(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    for node in federation.nodes:
        node.calls.clear()
    drive(job)
    assert [node.calls for node in federation.nodes] == [[], [], []]


def test_it_asks_for_a_statement_only_when_there_is_one(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    close(published)
    drive(job)
    asked = federation.nodes[0].calls
    assert f"GET jobs/{published.manifest.digest}" in asked
    assert f"GET results/{published.manifest.digest}" not in asked
    epoch = job.epoch
    drive(job)
    # Taking the job and putting it down: no news, nothing else is written.
    assert job.epoch == epoch + 2


def test_a_job_that_rests_is_not_due_and_an_order_makes_it_due(federation: Federation) -> None:
    published = publish(federation)
    job = drive(propose(published))
    assert jobs_due(now=timezone.now()) == []
    close(published)
    assert jobs_due(now=timezone.now()) == [job.pk]


def test_it_shows_the_coordinator_states_only(federation: Federation) -> None:
    published = publish(federation)
    drive(propose(published))
    view = job_view(digest=published.manifest.digest)
    assert view is not None
    assert set(view) == {"state", "reason_code", "reason", "nodes"}
    assert view["nodes"] == {"a": "unknown", "b": "unknown", "c": "unknown"}
