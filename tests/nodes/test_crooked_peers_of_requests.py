"""A node that deviates at a stage of a request ends it, or is not heard; nobody else suffers.

Anna's node is the product's; Bram's says what the test signs with his key.
"""

from collections.abc import Callable

import pytest
from django.utils import timezone

from mpcengine.protocol import difference
from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.consent import Consent, sign_consent
from mpcengine.protocol.contribution import overflow_body
from mpcengine.protocol.errors import BadSignature, MalformedMessage
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_statement import SharedValue
from mpcengine.protocol.signing import LABEL_OVERFLOW, sign
from mpcengine.protocol.wordswire import DIFFERENCE, ORDER
from nodes.models import Incident, Job, JobState, StageMessage
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import ending_incident, request_of
from nodes.selectors_requests import job_consents, settled_headers, used_lists
from nodes.services.difference import difference_step
from nodes.services.nonces import nonce_again, nonce_step
from nodes.services.request_computing import request_computing_step
from nodes.services.request_opening import request_opening_step
from nodes.services.settling import comparing_step, settling_step
from nodes.services.stages import stage_hear
from tests.nodes.anna import Anna
from tests.nodes.anna_request import (
    OWNERS,
    AnnaRequest,
    Pairs,
    header,
    keep,
    nonce_part,
    packed,
    pairs,
)

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])

OTHER = "sha256:" + "7" * 64


@pytest.fixture
def request_of_rosa(anna: Anna) -> AnnaRequest:
    return AnnaRequest.make(anna)


@pytest.fixture
def job(request_of_rosa: AnnaRequest) -> Job:
    return request_of_rosa.open()


def ordered(request: AnnaRequest, node: str, at: Pairs, owners: int = OWNERS) -> bytes:
    """Return a node's components of the order of each list."""
    bit = at[NODE_NAMES.index(node)]
    message = stages.Ordered(
        manifest=request.manifest.digest, node=node, bits=dict.fromkeys(range(owners), bit)
    )
    return stages.build_ordered(message)


def outcome(request: AnnaRequest, node: str, **opened: tuple[Pairs, Pairs]) -> bytes:
    """Return a node's components of the outcome."""
    place = NODE_NAMES.index(node)
    values = {
        name: SharedValue(shown=shown[place], value=value[place])
        for name, (shown, value) in opened.items()
    }
    message = stages.Outcome(manifest=request.manifest.digest, node=node, values=values)
    return stages.build_outcome(message)


def again(request: AnnaRequest, node: str, owner: int, signer: int, number: int = 1) -> bytes:
    """Return a node's word that an owner's list does not fit, signed by some owner."""
    digest = request.manifest.digest
    body = overflow_body(digest, owner=owner, number=number)
    message = stages.Again(
        manifest=digest,
        node=node,
        number=1,
        owner=owner,
        signature=sign(request.keys[signer], LABEL_OVERFLOW, body),
    )
    return stages.build_again(message)


def unusable(request: AnnaRequest, *owners: int) -> bytes:
    """Return Bram's word of a root that nobody has, and of owners."""
    message = stages.Unusable(
        manifest=request.manifest.digest, node="b", root=OTHER, owners=owners
    )
    return stages.build_unusable(message)


def near(request: AnnaRequest, node: str, at: Pairs) -> bytes:
    """Return a node's components of the bit that opens a near question."""
    bit = at[NODE_NAMES.index(node)]
    return difference.build_near(
        difference.Near(manifest=request.manifest.digest, node=node, bit=bit)
    )


def earlier(request: AnnaRequest, node: str, *last: str) -> bytes:
    """Return a node's word of the requester's earlier questions."""
    message = difference.Earlier(
        manifest=request.manifest.digest, node=node, last=last, others=()
    )
    return difference.build_earlier(message)


def organisations(shown: int, value: int) -> dict[str, tuple[Pairs, Pairs]]:
    """Return an outcome that shows organisations, or not, and no indicators."""
    return {
        "organisations": (pairs(shown), pairs(value)),
        "indicators": (pairs(0), pairs(0)),
    }


# Two messages of one stage, each of which an honest node could have said.
TWICE: dict[str, Callable[[AnnaRequest], tuple[bytes, bytes]]] = {
    "agreed": lambda r: (r.agreed("b"), r.agreed("b", r.consents("aaaa-"))),
    "draw/1": lambda r: (r.draw("b"), r.draw("b", part=bytes(32))),
    "reveal/1": lambda r: (r.reveal("b"), r.reveal("b", part=bytes(32))),
    "again/1": lambda r: (again(r, "b", 1, 1), again(r, "b", 2, 2)),
    "complete": lambda r: (r.complete("b"), r.complete("b", {0: header(0)})),
    "unusable": lambda r: (unusable(r), unusable(r, 1)),
    "ordered": lambda r: (ordered(r, "b", pairs(1)), ordered(r, "b", pairs(0))),
    "earlier": lambda r: (earlier(r, "b"), earlier(r, "b", OTHER)),
    "near": lambda r: (near(r, "b", pairs(0)), near(r, "b", pairs(1))),
    "outcome": lambda r: (
        outcome(r, "b", **organisations(1, 3)),
        outcome(r, "b", **organisations(0, 0)),
    ),
}


@pytest.mark.parametrize("stage", TWICE)
def test_it_ends_the_job_of_a_peer_that_says_two_things(
    request_of_rosa: AnnaRequest, job: Job, stage: str
) -> None:
    first, second = TWICE[stage](request_of_rosa)
    for _ in range(2):
        stage_hear(job, stage, "b", packed("b", stage, first))
    assert ending_incident(job) is None
    stage_hear(job, stage, "b", packed("b", stage, second))
    assert bytes(StageMessage.objects.get().body) == first
    incident = ending_incident(job)
    assert incident is not None
    assert incident.code == Reason.PEER_EQUIVOCATED


@pytest.mark.parametrize("stage", TWICE)
def test_it_hears_nothing_that_the_peer_did_not_sign_for_this_stage(
    anna: Anna, request_of_rosa: AnnaRequest, job: Job, stage: str
) -> None:
    body = TWICE[stage](request_of_rosa)[0]
    label = "complete" if stage != "complete" else "unusable"
    with pytest.raises(BadSignature):
        stage_hear(job, stage, "b", packed("b", stage, body, signer="c"))
    with pytest.raises(BadSignature):
        stage_hear(job, stage, "b", packed("b", label, body))
    # The same body in Chris's name, and what Bram said of another request.
    with pytest.raises(MalformedMessage):
        stage_hear(job, stage, "c", packed("c", stage, body))
    elsewhere = TWICE[stage](AnnaRequest.make(anna))[0]
    with pytest.raises(MalformedMessage):
        stage_hear(job, stage, "b", packed("b", stage, elsewhere))
    assert not StageMessage.objects.exists()


@pytest.mark.parametrize("stage", ["draw", "reveal"])
def test_it_takes_no_message_of_one_nonce_for_another(
    request_of_rosa: AnnaRequest, job: Job, stage: str
) -> None:
    body = getattr(request_of_rosa, stage)("b", 1)
    with pytest.raises(MalformedMessage):
        stage_hear(job, f"{stage}/2", "b", packed("b", f"{stage}/2", body))


def test_it_hears_nothing_more_once_the_job_has_ended(
    request_of_rosa: AnnaRequest, job: Job
) -> None:
    request_of_rosa.put(job, JobState.WITHHELD, reason=Reason.NODE_LOST)
    for stage, two in TWICE.items():
        stage_hear(job, stage, "b", packed("b", stage, two(request_of_rosa)[0]))
    assert not StageMessage.objects.exists()
    assert not Incident.objects.exists()


def reason(step: Callable[[], object]) -> Reason:
    """Return why a step ends the job."""
    with pytest.raises(MustWithhold) as end:
        step()
    return end.value.reason


def test_it_believes_no_peer_about_a_consent(request_of_rosa: AnnaRequest, job: Job) -> None:
    """A consent signed by another owner, one under another's number, one to another request."""
    rosa = request_of_rosa
    consent = Consent(manifest=job.digest, owner=4, snapshot=OTHER)
    elsewhere = Consent(manifest=OTHER, owner=4, snapshot=OTHER)
    bent = (
        sign_consent(rosa.keys[3], consent),
        rosa.consents()[3],
        sign_consent(rosa.keys[4], elsewhere),
    )
    for each in bent:
        StageMessage.objects.all().delete()
        given = rosa.consents("aaaa-") | {4: each}
        rosa.say(job, "agreed", {"a": rosa.agreed("a"), "c": rosa.agreed("c")})
        rosa.say(job, "agreed", {"b": rosa.agreed("b", given)})
        assert reason(lambda: nonce_step(job, request_of(job))) == Reason.PEERS_DISAGREE


def test_an_owner_who_consents_otherwise_to_one_node_has_not(
    request_of_rosa: AnnaRequest, job: Job
) -> None:
    rosa = request_of_rosa
    rosa.say(job, "agreed", {"a": rosa.agreed("a"), "c": rosa.agreed("c")})
    rosa.say(job, "agreed", {"b": rosa.agreed("b", rosa.consents("aaaba"))})
    assert sorted(job_consents(job) or {}) == [0, 1, 2, 4]


def test_an_owner_whose_consent_one_node_keeps_back_counts(
    request_of_rosa: AnnaRequest, job: Job
) -> None:
    rosa = request_of_rosa
    rosa.say(job, "agreed", {"a": rosa.agreed("a"), "c": rosa.agreed("c")})
    rosa.say(job, "agreed", {"b": rosa.agreed("b", {})})
    assert sorted(job_consents(job) or {}) == [0, 1, 2, 3, 4]


def test_a_part_of_the_nonce_must_be_the_one_committed_to(
    request_of_rosa: AnnaRequest, job: Job
) -> None:
    rosa = request_of_rosa
    rosa.say(job, "agreed", {node: rosa.agreed(node) for node in NODE_NAMES})
    rosa.say(job, "draw/1", {node: rosa.draw(node) for node in NODE_NAMES})
    rosa.say(job, "reveal/1", {node: rosa.reveal(node) for node in ("a", "c")})
    # What would fit, had Bram waited for the others' parts: theirs.
    rosa.say(job, "reveal/1", {"b": rosa.reveal("b", part=nonce_part("c"))})
    assert reason(lambda: nonce_step(job, request_of(job))) == Reason.PEER_EQUIVOCATED


@pytest.mark.parametrize(("owner", "signer", "number"), [(1, 2, 1), (1, 1, 2)])
def test_no_peer_gets_another_nonce_without_an_owners_word(
    request_of_rosa: AnnaRequest, job: Job, owner: int, signer: int, number: int
) -> None:
    rosa = request_of_rosa
    rosa.say(job, "again/1", {"b": again(rosa, "b", owner, signer, number)})
    assert reason(lambda: nonce_again(job, request_of(job))) == Reason.PEERS_DISAGREE
    assert job.coin_round == 1


@pytest.mark.parametrize("missing", [2, 4])
def test_a_list_counts_that_is_whole_and_the_same_at_all_three(
    request_of_rosa: AnnaRequest, job: Job, missing: int
) -> None:
    """Chris lacks an owner's list, and Bram has another header of it."""
    whole = {owner: header(owner) for owner in range(OWNERS)}
    lacking = {owner: data for owner, data in whole.items() if owner != missing}
    request_of_rosa.settle(job, b=whole | {1: b"another"}, c=lacking)
    assert sorted(settled_headers(job)) == sorted({0, 1, 2, 3, 4} - {1, missing})
    assert reason(lambda: settling_step(job)) == Reason.TOO_FEW_LISTS


def test_without_the_requesters_list_nothing_is_computed(
    request_of_rosa: AnnaRequest, job: Job
) -> None:
    others = {owner: header(owner) for owner in range(1, OWNERS)}
    request_of_rosa.settle(job, b=others)
    assert reason(lambda: settling_step(job)) == Reason.TOO_FEW_LISTS


def test_lists_on_two_nonces_are_not_mixed(request_of_rosa: AnnaRequest, job: Job) -> None:
    rosa = request_of_rosa
    rosa.settle(job)
    StageMessage.objects.filter(stage="complete", sender="b").delete()
    rosa.say(job, "complete", {"b": rosa.complete("b", nonce=2)})
    assert reason(lambda: settling_step(job)) == Reason.PEERS_DISAGREE


def frozen(rosa: AnnaRequest, job: Job) -> None:
    """Bring a request to where components are compared."""
    rosa.settle(job)
    rosa.put(job, JobState.FROZEN)


def test_three_roots_must_be_equal(request_of_rosa: AnnaRequest, job: Job) -> None:
    rosa = request_of_rosa
    frozen(rosa, job)
    rosa.say(job, "unusable", {node: rosa.unusable(job, node) for node in ("a", "c")})
    rosa.say(job, "unusable", {"b": rosa.unusable(job, "b", root=OTHER)})
    assert reason(lambda: comparing_step(job)) == Reason.PEERS_DISAGREE


def test_an_owner_that_one_node_finds_unusable_is_left_out(
    request_of_rosa: AnnaRequest, job: Job
) -> None:
    rosa = request_of_rosa
    frozen(rosa, job)
    rosa.say(job, "unusable", {node: rosa.unusable(job, node) for node in ("a", "c")})
    rosa.say(job, "unusable", {"b": rosa.unusable(job, "b", owners=(4,))})
    assert comparing_step(job) is None
    assert used_lists(job) == (0, 1, 2, 3)


@pytest.fixture
def compared(request_of_rosa: AnnaRequest, job: Job) -> Job:
    """A request whose lists are compared and whose first round is to be opened."""
    rosa = request_of_rosa
    frozen(rosa, job)
    rosa.say(job, "unusable", {node: rosa.unusable(job, node) for node in NODE_NAMES})
    rosa.put(job, JobState.COMPUTING, round=ORDER, attempt=1)
    return job


def test_an_order_opens_from_equal_copies_of_bits_of_the_same_lists(
    request_of_rosa: AnnaRequest, compared: Job
) -> None:
    """Another component, one owner fewer, and three that open to no bit."""
    rosa, right = request_of_rosa, pairs(1)
    bent = [
        {"b": ordered(rosa, "b", [(0, 0), (right[1][0] ^ 1, right[1][1]), (0, 0)])},
        {"b": ordered(rosa, "b", right, owners=OWNERS - 1)},
        {node: ordered(rosa, node, pairs(2)) for node in NODE_NAMES},
    ]
    for each in bent:
        StageMessage.objects.filter(stage="ordered").delete()
        said = {node: ordered(rosa, node, right) for node in NODE_NAMES} | each
        rosa.say(compared, "ordered", said)
        found = reason(lambda: request_computing_step(compared))
        assert found == Reason.INCONSISTENT_SHARES


def test_an_earlier_question_that_one_node_names_must_be_at_all(
    request_of_rosa: AnnaRequest, compared: Job
) -> None:
    rosa = request_of_rosa
    rosa.put(compared, JobState.COMPUTING, round=DIFFERENCE)
    keep(OTHER, rosa.manifest.requester.key, timezone.now())
    rosa.say(compared, "earlier", {node: earlier(rosa, node, OTHER) for node in ("a", "c")})
    rosa.say(compared, "earlier", {"b": earlier(rosa, "b")})
    assert reason(lambda: difference_step(compared)) == Reason.EARLIER_LOST


def test_the_bit_of_a_near_question_opens_from_equal_copies(
    request_of_rosa: AnnaRequest, compared: Job
) -> None:
    rosa, right = request_of_rosa, pairs(1)
    rosa.put(compared, JobState.COMPUTING, round=DIFFERENCE)
    rosa.say(compared, "earlier", {node: earlier(rosa, node) for node in NODE_NAMES})
    bent = [right[0], (right[1][0] ^ 1, right[1][1]), right[2]]
    rosa.say(compared, "near", {node: near(rosa, node, bent) for node in NODE_NAMES})
    assert reason(lambda: difference_step(compared)) == Reason.INCONSISTENT_SHARES
    StageMessage.objects.filter(stage="near").delete()
    rosa.say(compared, "near", {node: near(rosa, node, right) for node in NODE_NAMES})
    assert reason(lambda: difference_step(compared)) == Reason.NEAR


def opened(rosa: AnnaRequest, job: Job, said: dict[str, bytes]) -> Reason:
    """Return why an outcome that three nodes say is not released."""
    rosa.say(job, "ordered", {node: ordered(rosa, node, pairs(1)) for node in NODE_NAMES})
    rosa.put(job, JobState.FIXED)
    rosa.say(job, "outcome", said)
    return reason(lambda: request_opening_step(job))


def test_an_outcome_opens_from_equal_copies(
    request_of_rosa: AnnaRequest, compared: Job
) -> None:
    rosa, right = request_of_rosa, organisations(1, 3)
    bent = {node: outcome(rosa, node, **right) for node in NODE_NAMES}
    bent["b"] = outcome(rosa, "b", **right | {"organisations": (pairs(1), pairs(4))})
    assert opened(rosa, compared, bent) == Reason.INCONSISTENT_SHARES


@pytest.mark.parametrize(
    "values",
    [
        organisations(1, 2),  # fewer than min_organisations
        organisations(1, 5),  # more than there are holders
        organisations(0, 3),  # a value that is not shown
        organisations(2, 3),  # a verdict that is no bit
        # Fewer than min_count, and indicators without organisations.
        organisations(1, 3) | {"indicators": (pairs(1), pairs(4))},
        organisations(0, 0) | {"indicators": (pairs(1), pairs(9))},
    ],
)
def test_an_outcome_against_the_rules_is_not_signed(
    request_of_rosa: AnnaRequest, compared: Job, values: dict[str, tuple[Pairs, Pairs]]
) -> None:
    rosa = request_of_rosa
    said = {node: outcome(rosa, node, **values) for node in NODE_NAMES}
    assert opened(rosa, compared, said) == Reason.DISCLOSURE
