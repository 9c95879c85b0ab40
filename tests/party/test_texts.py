"""Three real party processes mix texts; party 2 deviates, and no text comes out.

Each attack gets its way when the check of a step is off (``off``), but for those that the line
stops; see `tests/circuits/test_shuffle_attacks.py` for every place and party.
"""

import pytest

from mpcengine.protocol.partywire import EXIT_NAMED, TextColumns
from tests.party.harness import Ending, Trio
from tests.party.survey_run import opened, shared_rows

# why: three words; more: one word. Answered marks stand before each one's words.
TEXTS = (TextColumns(question="why", words=3), TextColumns(question="more", words=1))
ROWS = (
    (1, 11, 12, 13, 0, 0),
    (1, 21, 22, 23, 1, 29),
    (0, 0, 0, 0, 1, 39),
)


def run(*arguments: str, rows: tuple[tuple[int, ...], ...] = ROWS) -> dict[int, Ending]:
    """Run round 3 over the rows at three processes and return how they ended."""
    trio = Trio.make(round=3, rows=len(rows), accepted=len(rows), width=6, texts=TEXTS)
    try:
        words = shared_rows(rows)
        for index in (1, 2, 3):
            module = "tests.party.bent" if arguments else "mpcengine.party"
            trio.start(index, *arguments, module=module, rows=words[index - 1])
        return trio.finish_all()
    finally:
        trio.close()


def texts(endings: dict[int, Ending], question: str, words: int) -> list[list[int]]:
    """Open a question's texts as nodes do: three shares, on a line."""
    flat = opened(endings, f"texts/{question}")
    return [flat[start : start + words] for start in range(0, len(flat), words)]


def causes(endings: dict[int, Ending]) -> set[str]:
    """Return why the honest parties ended, each by a named cause."""
    assert [endings[index].code for index in (1, 3)] == [EXIT_NAMED] * 2
    assert not endings[1].arrays
    assert not endings[3].arrays
    return {f.cause for index in (1, 3) if (f := endings[index].failure) is not None}


def test_it_gives_out_the_answered_texts_of_every_question() -> None:
    rows = tuple((i % 2, i, 2 * i, 3 * i, int(i > 20), 100 + i) for i in range(40))
    endings = run(rows=rows)
    why, more = texts(endings, "why", 3), texts(endings, "more", 1)
    assert sorted(why) == [[i, 2 * i, 3 * i] for i in range(1, 40, 2)]
    assert sorted(more) == [[100 + i] for i in range(21, 40)]
    assert why != sorted(why)
    assert more != sorted(more)
    header = endings[1].header
    assert header is not None
    assert header.figures["rounds"] == 32


@pytest.mark.parametrize("how", ["word", "mark", "doubles", "before"])
def test_it_ends_without_a_text_when_a_party_changes_rows(how: str) -> None:
    """Fails (another text comes out, or none of a person's) without `_check_unchanged`."""
    assert causes(run(how)) == {"texts_changed"}


def test_it_would_give_out_a_changed_text_unchecked() -> None:
    endings = run("word", "off")
    assert [ending.code for ending in endings.values()] == [0, 0, 0]
    changed = [[11 - 5, 12, 13], [21, 22, 23]]
    assert sorted(texts(endings, "why", 3)) == changed


@pytest.mark.parametrize("how", ["degree", "faces"])
def test_it_ends_without_a_text_when_a_party_leaves_the_line(how: str) -> None:
    """Fails (texts come out) without the line check of `reveal_on_line`."""
    assert causes(run(how)) <= {"bad_share", "peer_lost", "texts_changed"}


@pytest.mark.slow
@pytest.mark.parametrize("place", range(3))
def test_no_guess_of_a_place_passes(place: int) -> None:
    """One of three would pass, and tie a text to its package, with one check at the end."""
    assert causes(run(f"guess{place}")) == {"texts_changed"}


def test_a_party_that_runs_when_it_sees_the_sum_leaves_no_text() -> None:
    """It learns nothing to guess again with: see `test_a_failure_is_the_same_for_every_row`."""
    endings = run("runs")
    assert endings[2].code == 9
    assert causes(endings) <= {"texts_changed", "peer_lost"}


def test_it_refuses_rows_of_another_number_than_were_accepted() -> None:
    trio = Trio.make(round=3, rows=3, accepted=4, width=6, texts=TEXTS)
    try:
        words = shared_rows(ROWS)
        for index in (1, 2, 3):
            trio.start(index, module="mpcengine.party", rows=words[index - 1])
        endings = trio.finish_all()
    finally:
        trio.close()
    failures = [e.failure for e in endings.values() if e.failure is not None]
    assert "bad_spec" in {failure.cause for failure in failures}


def test_it_refuses_peers_with_other_columns() -> None:
    """Fails (words of two questions are mixed) if the hello does not say the columns."""
    trio = Trio.make(round=3, rows=3, accepted=3, width=6, texts=TEXTS)
    trio.change(3, texts=(TextColumns(question="why", words=5),))
    try:
        words = shared_rows(ROWS)
        for index in (1, 2, 3):
            trio.start(index, module="mpcengine.party", rows=words[index - 1])
        endings = trio.finish_all()
    finally:
        trio.close()
    details = {(e.failure.cause, e.failure.detail) for e in endings.values() if e.failure}
    assert ("digest_mismatch", "texts") in details
