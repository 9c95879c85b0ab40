"""Three real nodes open the texts that were answered, mixed, or none of them."""

from collections import Counter
from collections.abc import Iterator

import pytest

from connector.respondent import random_elements, shares_seal
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.package import Package
from mpcengine.protocol.result import verify_result
from mpcengine.protocol.sharing import split
from mpcengine.protocol.stages import parse_opening
from mpcengine.protocol.validity_prover import prove
from tests.nodes.harness import Nodes, Survey, cells
from tests.nodes.publishing import colour_survey, ticket
from tests.nodes.test_deviating_peers import alter_output

OPENING = "nodes.say_opening.after_commit"


def text_survey() -> JSON:
    """Return a survey of a choice, a text, and a text that everybody must answer."""
    colour = colour_survey()["questions"][0]
    return colour_survey(
        questions=[
            colour,
            {"id": "why", "kind": "text", "max_bytes": 40, "title": {"en": "Why?"}},
            {"id": "must", "kind": "text", "max_bytes": 6, "required": True},
        ]
    )


def given(answered: int, silent: int) -> list[dict[str, JSON]]:
    """Return the answers of some who say why, and some who do not."""
    return [
        {
            "colour": ("red", "green")[number % 2],
            "must": f"nr {number}",
            **({"why": f"want {number} is mooi ✓"} if number < answered else {}),
        }
        for number in range(answered + silent)
    ]


def said(answers: list[dict[str, JSON]], question: str) -> Counter[JSON]:
    return Counter(one[question] for one in answers if question in one)


def opened(document: JSON) -> dict[str, JSON]:
    return {one["question"]: one["answers"] for one in document["texts"]}


@pytest.fixture
def answers() -> list[dict[str, JSON]]:
    return given(6, 3)


@pytest.fixture
def survey(nodes: Nodes, answers: list[dict[str, JSON]]) -> Survey:
    made = nodes.publish(text_survey(), len(answers))
    nodes.deliver(made, nodes.answers(made, answers))
    return made


def test_it_opens_exactly_the_texts_answered(
    nodes: Nodes, survey: Survey, answers: list[dict[str, JSON]]
) -> None:
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    verify_result(document, nodes.house.nodes)
    assert cells(document, "why") == [6, 3]
    texts = opened(document)
    for question in ("why", "must"):
        assert Counter(texts[question]) == said(answers, question)
    # Nothing secret of them is left at a node.
    assert nodes.read("a", "SELECT count(*) FROM nodes_joboutput")[0][0] == 0


def test_it_opens_no_text_whose_count_is_hidden(nodes: Nodes) -> None:
    """One of six said nothing: the table of why hides itself, and with it all its texts."""
    answers = given(5, 1)
    survey = nodes.publish(text_survey(), len(answers))
    nodes.deliver(survey, nodes.answers(survey, answers))
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    assert cells(document, "why") == [None, None]
    texts = opened(document)
    assert texts["why"] is None
    assert Counter(texts["must"]) == said(answers, "must")
    for node in "abc":
        body = nodes.said(node, survey, "opening", node)
        assert body is not None
        assert set(parse_opening(body).texts) == {"must"}


def crooked(nodes: Nodes, survey: Survey, *, moved: int = 0) -> Package:
    """Return the last invited's package: words that are no text, one moved for node b."""
    manifest = survey.manifest
    layout, plan = manifest.layout, manifest.layout.proof
    record = encode_answers(layout, {"colour": "red", "why": "x", "must": "y"})
    words = [MODULUS - 1 - place for place in range(len(plan.payload))]
    report = prove(plan, record, random_elements(plan.seeds), words)
    shares = split(report, random_elements(len(report)))
    shares[1][plan.payload.start] = (shares[1][plan.payload.start] + moved) % MODULUS
    owned = ticket(survey.draft, manifest, survey.draft.codes[-1], nodes.token(survey))
    return shares_seal(manifest, owned, shares)


def test_it_opens_the_others_texts_beside_words_that_are_none(nodes: Nodes) -> None:
    """Fails (a node stops at it) if `texts.unpack_text` raises for what is no text."""
    answers = given(6, 3)
    survey = nodes.publish(text_survey(), len(answers) + 1)
    packages = [*nodes.answers(survey, answers), crooked(nodes, survey)]
    nodes.deliver(survey, packages)
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    assert document["accepted"] == 10
    texts = opened(document)
    for question in ("why", "must"):
        assert Counter(texts[question]) == said(answers, question) + Counter([""])


def test_it_strikes_a_text_off_the_line_and_opens_the_others(nodes: Nodes) -> None:
    """Fails (the mixing ends the job as if a node had done it) if M is left out of §18.4."""
    answers = given(6, 3)
    survey = nodes.publish(text_survey(), len(answers) + 1)
    packages = [*nodes.answers(survey, answers), crooked(nodes, survey, moved=1)]
    nodes.deliver(survey, packages)
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    assert document["rejected"] == [{"reason": "inconsistent", "count": 1}]
    assert Counter(opened(document)["why"]) == said(answers, "why")


def test_it_withholds_when_a_share_of_a_text_was_altered(nodes: Nodes, survey: Survey) -> None:
    """Fails (a wrong text is released) without the line check of `text_shares.open_texts`."""
    nodes.arm("c", OPENING.replace("opening", "pattern"))
    nodes.order(survey, "close")
    nodes.wait_death("c", OPENING.replace("opening", "pattern"), 90.0)
    nodes.arm("c", "nodes.say_done.after_commit")
    nodes.start("c", "worker")
    nodes.wait_death("c", "nodes.say_done.after_commit", 90.0)
    alter_output(nodes, "c", survey, "texts/why")
    nodes.start("c", "worker")
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    assert (document["state"], document["reason"]) == ("withheld", "inconsistent shares")
    assert "texts" not in document


def test_it_opens_no_text_of_fewer_than_min_count(nodes: Nodes) -> None:
    """The pattern is bent at all nodes to show a hidden count of two, where k is three.

    Fails (three nodes go on to their openings) without `attempts._check_enough_texts`.
    """
    answers = given(2, 7)
    survey = nodes.publish({**text_survey(), "min_count": 3}, len(answers))
    nodes.deliver(survey, nodes.answers(survey, answers))
    for node in "abc":
        nodes.arm(node, "nodes.say_done.after_commit")
    nodes.order(survey, "close")
    for node in "abc":
        nodes.wait_death(node, "nodes.say_done.after_commit", 90.0)
        # Behind the three colours: "answered" and "no answer".
        for place in (3, 4):
            alter_output(nodes, node, survey, "pattern", at=place)
    for node in "abc":
        nodes.start(node, "worker")
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    assert (document["state"], document["reason"]) == ("withheld", "disclosure check failed")
    for node in "abc":
        # A withheld job keeps no opening; that none was said shows in what comes before it.
        assert nodes.said(node, survey, "pattern/1", node) is not None
        assert nodes.said(node, survey, "done/3/1", node) is None


def test_it_sends_the_stored_texts_after_a_kill(
    nodes: Nodes, survey: Survey, answers: list[dict[str, JSON]]
) -> None:
    nodes.arm("b", OPENING)
    nodes.order(survey, "close")
    nodes.wait_death("b", OPENING, 90.0)
    stored = nodes.said("b", survey, "opening", "b")
    assert stored is not None
    nodes.start("b", "worker")
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    assert Counter(opened(document)["why"]) == said(answers, "why")
    assert nodes.said("a", survey, "opening", "b") == stored


def test_it_mixes_again_when_a_party_died(
    nodes: Nodes, survey: Survey, answers: list[dict[str, JSON]]
) -> None:
    nodes.arm("c", OPENING.replace("opening", "pattern"))
    nodes.order(survey, "close")
    nodes.wait_death("c", OPENING.replace("opening", "pattern"), 90.0)
    nodes.arm("c", "party.computed")
    nodes.start("c", "worker")
    document = nodes.result(survey, nodes.end(survey, seconds=120.0))
    assert not nodes.is_armed("c", "party.computed")
    assert nodes.said("a", survey, "done/3/1", "c") is None
    assert Counter(opened(document)["why"]) == said(answers, "why")


@pytest.fixture
def bent(nodes: Nodes) -> Iterator[None]:
    """Have node b's party add 5 to a word of the first row that it mixes."""
    nodes.restart_bent("b", "word")
    yield
    nodes.restart("b", "worker")


@pytest.mark.usefixtures("bent")
def test_it_ends_without_a_text_when_a_node_changes_one(nodes: Nodes, survey: Survey) -> None:
    """Fails (a changed text is released) without `shuffle._check_unchanged`."""
    nodes.order(survey, "close")
    outcomes = nodes.end(survey, seconds=120.0)
    document = nodes.result(survey, outcomes)
    assert document["state"] == "withheld"
    assert "texts changed" in document["reason"]
    for node in "ac":
        # A withheld job keeps no opening; none was said, because no round was done.
        assert nodes.said(node, survey, "pattern/1", node) is not None
        assert nodes.said(node, survey, "done/3/1", node) is None
