"""Which texts are opened follows from the public pattern, and how many from opened counts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.disclosure import reference_pattern
from mpcengine.protocol.disclosure_recheck import Opened
from mpcengine.protocol.draws import draw_labels
from mpcengine.protocol.encoding import encode_answers, encode_texts, plain_counts
from mpcengine.protocol.errors import DisclosureRefused, InconsistentShares, MalformedMessage
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.pattern import opened_texts, released_values
from mpcengine.protocol.released import SEMI_HONEST, Release, texts_json
from mpcengine.protocol.result import read_texts
from mpcengine.protocol.sharing import split
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.text_shares import texts_from_json, texts_to_json
from tests.protocol.made_reports import elements
from tests.protocol.made_surveys import SECTOR, definition, when

K = 3
SURVEY = definition(
    SECTOR,
    {"id": "why", "kind": "text", "max_bytes": 30},
    {"id": "must", "kind": "text", "max_bytes": 6, "required": True},
    {"id": "all", "kind": "text", "max_bytes": 6, "required": True},
    show_if=when(why=("sector", "!=", "x"), must=("sector", "=", "y")),
    min_count=K,
)
LAYOUT = build_layout(parse_survey(SURVEY))
Everybody = list[dict[str, Any]]


def respondents(**sectors: int) -> Everybody:
    """Return this many of each sector; all but every fourth say why."""
    found: Everybody = []
    for sector, count in sectors.items():
        for number in range(count):
            one = {"sector": sector, "all": f"{sector}{number}"}
            if sector == "y":
                one["must"] = f"m{number}"
            if sector != "x" and number % 4:
                one["why"] = f"because {number}"
            found.append(one)
    return found


def opened_for(everybody: Everybody, layout: Layout = LAYOUT) -> Opened:
    """Return what the release rules open, without texts."""
    plan = layout.plan
    counts = plain_counts(layout, [encode_answers(layout, one) for one in everybody])
    draws = {label: 0 for number in (1, 2) for label in draw_labels(plan, number)}
    pattern = reference_pattern(plan, counts, [], len(everybody), K, draws)
    values = {
        value.name: sum(weight * counts[slot] for slot, weight in value.form)
        for value in released_values(plan, pattern)
    }
    return Opened(
        plan=plan, pattern=pattern, values=values, accepted=len(everybody), min_count=K
    )


def shares_for(opened: Opened, everybody: Everybody) -> list[dict[str, bytes]]:
    """Return three nodes' shares of the texts that rule 7 opens, in order of the answers."""
    parts: list[dict[str, bytes]] = [{}, {}, {}]
    for item in opened_texts(opened.plan, opened.pattern):
        words: list[int] = []
        for one in everybody:
            if item.question in one:
                words += encode_texts(LAYOUT, {item.question: one[item.question]})[
                    place(item.question) : place(item.question) + item.words
                ]
        slopes = elements(f"slopes {item.question}", len(words))
        for part, share in zip(parts, split(words, slopes), strict=True):
            part[item.question] = pack_vector(share)
    return parts


def place(question: str) -> int:
    """Return where the words of a question begin among those of all texts."""
    before = 0
    for text in LAYOUT.texts:
        if text.question == question:
            return before
        before += text.words
    raise KeyError(question)


def said(everybody: Everybody, question: str) -> list[str]:
    return [one[question] for one in everybody if question in one]


def test_it_opens_exactly_the_texts_that_were_answered() -> None:
    everybody = respondents(x=4, y=9, z=8)
    opened = opened_for(everybody)
    shares = shares_for(opened, everybody)
    texts = read_texts(opened, shares)
    assert texts == {name: said(everybody, name) for name in ("why", "must", "all")}
    assert len(texts["why"]) == opened.values["cell/why/0"] == 12


def test_it_opens_none_of_a_question_whose_count_is_hidden() -> None:
    """One who did not answer: the table of why is hidden, and with it every text of it."""
    everybody = [*respondents(x=4, y=3, z=3), *respondents(z=2)[1:]]
    everybody = [one | ({"why": "so"} if one["sector"] != "x" else {}) for one in everybody]
    del everybody[-1]["why"]
    opened = opened_for(everybody)
    assert not any(opened.pattern.tables["why"])
    assert [item.question for item in opened_texts(opened.plan, opened.pattern)] == [
        "must",
        "all",
    ]
    texts = read_texts(opened, shares_for(opened, everybody))
    assert "why" not in texts
    release = Release(
        plan=opened.plan,
        pattern=opened.pattern,
        values=opened.values,
        accepted=opened.accepted,
        texts=texts,
    )
    why, must, everyone = texts_json(release)
    assert why == {
        "question": "why",
        "status": "withheld",
        "assurance": SEMI_HONEST,
        "answers": None,
    }
    assert must["answers"] == ["m0", "m1", "m2"]
    assert (everyone["status"], len(everyone["answers"])) == ("released", len(everybody))


def test_it_opens_none_behind_a_hidden_population() -> None:
    opened = opened_for(respondents(x=4, y=2, z=9))
    assert not opened.pattern.tables["sector"][1]
    assert [item.question for item in opened_texts(opened.plan, opened.pattern)] == ["all"]


def refused(opened: Opened, shares: Sequence[dict[str, bytes]]) -> str:
    with pytest.raises((DisclosureRefused, InconsistentShares)) as caught:
        read_texts(opened, shares)
    assert "because" not in caught.value.sentence
    return caught.value.code


def test_it_refuses_texts_that_three_shares_do_not_give() -> None:
    everybody = respondents(x=4, y=9, z=8)
    opened = opened_for(everybody)
    good = shares_for(opened, everybody)

    def with_node(node: int, question: str, words: bytes | None) -> list[dict[str, bytes]]:
        changed = [dict(part) for part in good]
        if words is None:
            del changed[node][question]
        else:
            changed[node][question] = words
        return changed

    first = good[0]["why"]
    assert refused(opened, with_node(0, "why", None)) == "texts.names"
    assert refused(opened, with_node(1, "other", b"")) == "texts.names"
    assert refused(opened, with_node(0, "why", first[:-8])) == "texts.length"
    assert refused(opened, with_node(0, "why", first[8:] + first[:8])) == "texts.line"
    assert refused(opened, good[:2]) == "texts.names"
    cut = [{**part, "why": part["why"][: -5 * 8]} for part in good]
    assert refused(opened, cut) == "recheck.texts"
    more = [{**part, "must": part["must"] * 2} for part in good]
    assert refused(opened, more) == "recheck.texts"
    bent = replace(opened, values={**opened.values, "cell/why/0": K - 1})
    few = [{**part, "why": part["why"][: (K - 1) * 5 * 8]} for part in good]
    assert refused(bent, few) == "recheck.texts"


def test_it_marks_as_unreadable_what_somebody_sent() -> None:
    """Words that are no text cost nobody else a text."""
    everybody = respondents(x=4, y=9, z=8)
    opened = opened_for(everybody)
    shares = shares_for(opened, everybody)
    for part in shares:
        # Shares of zero on a line: the first text of "all" now has length zero.
        part["all"] = bytes(16) + part["all"][16:]
    texts = read_texts(opened, shares)["all"]
    assert texts == ["", *said(everybody, "all")[1:]]


def test_it_reads_shares_of_texts_strictly() -> None:
    good = {"why": pack_vector([1, 2])}
    assert texts_from_json(texts_to_json(good)) == good
    bad: list[Any] = [[], {"why": 1}, {"why": "AA"}, {"why": "AAAAAAAAAAA"}]
    for wrong in (*bad, {"why": "/" * 10 + "8="}):
        with pytest.raises(MalformedMessage):
            texts_from_json(wrong)
