"""A LimeSurvey structure comes in, of new versions and of old ones with a row a language."""

from surveys.formats.registry import Imported, read_survey
from tests.surveys.formats.limesurvey import HEADS, Row, lss, question, said

ANSWERS: list[Row] = [
    {"aid": "1", "qid": "1", "code": "A1", "sortorder": "1", "scale_id": "0"},
    {"aid": "2", "qid": "1", "code": "A2", "sortorder": "2", "scale_id": "0"},
    {"aid": "3", "qid": "4", "code": "1", "sortorder": "1", "scale_id": "0"},
    {"aid": "4", "qid": "4", "code": "2", "sortorder": "2", "scale_id": "0"},
]
WORDS = {
    "1": ("Zorg", "Care"),
    "2": ("Bank", "Bank"),
    "3": ("Laag", "Low"),
    "4": ("Hoog", "High"),
}


SAID = [
    *said(1, "<p>Uw sector?</p>", "Your sector?", "Kies er een"),
    *said(2, "Getroffen?", "Hit?"), *said(3, "Hoeveel?", "How many?"),
    *said(4, "Rooster", "Grid"), *said(5, "Orde", "Order"), *said(6, "Bestand", "File"),
    *said(7, "Nu de middelen.", "Now the tools."), *said(8, "Wat?", "What?"),
    *said(41, "Post", "Mail"), *said(42, "Web", "Web"),
    *said(81, "Slot", "Lock"), *said(82, "Sleutel", "Key"),
]  # fmt: skip


def below(qid: int, parent: int, code: str) -> Row:
    order = str(qid)
    return {"qid": order, "parent_qid": str(parent), "title": code, "question_order": order}


def sample() -> bytes:
    return lss(
        **HEADS,
        answers=ANSWERS,
        answer_l10ns=[
            {"aid": aid, "answer": text, "language": tag}
            for aid, pair in WORDS.items()
            for text, tag in zip(pair, ("nl", "en"), strict=True)
        ],
        questions=[
            question(1, "L", "sector", mandatory="Y", other="Y"),
            question(2, "Y", "hit", relevance='((sector.NAOK == "A1"))'),
            question(3, "N", "count", relevance='hit.NAOK == "Y"'),
            question(4, "F", "grid", relevance='hit == "Y" || sector == "A2"'),
            question(5, "R", "order", relevance='grid_web.NAOK == "2"'),
            question(6, "|", "file"),
            question(7, "X", "note"),
            question(8, "M", "tools"),
        ],
        subquestions=[
            below(41, 4, "mail"),
            below(42, 4, "web"),
            below(81, 8, "SQ001"),
            below(82, 8, "SQ002"),
        ],
        question_l10ns=SAID,
        question_attributes=[
            {"qid": "3", "attribute": "min_num_value_n", "value": "0"},
            {"qid": "3", "attribute": "max_num_value_n", "value": "9"},
            {"qid": "3", "attribute": "num_value_int_only", "value": "1"},
            {"qid": "8", "attribute": "max_answers", "value": "1"},
        ],
    )  # fmt: skip


def read(data: bytes) -> Imported:
    return read_survey(data, language="en")


def test_it_reads_kinds_languages_and_relevance() -> None:
    found = read(sample()).definition
    by_id = {one["id"]: one for one in found["questions"]}
    assert found["title"] == {"nl": "Peiling", "en": "Poll"}
    assert found["introduction"] == {"nl": "Dag", "en": "Hi"}
    assert {name: one["kind"] for name, one in by_id.items()} == {
        "sector": "single", "hit": "single", "count": "number", "grid": "matrix",
        "tools": "multiple",
    }  # fmt: skip
    assert by_id["sector"]["title"] == {"nl": "Uw sector?", "en": "Your sector?"}
    assert by_id["sector"]["hint"] == {"nl": "Kies er een"}
    assert by_id["sector"]["options"][0] == {"id": "A1", "title": {"nl": "Zorg", "en": "Care"}}
    assert by_id["hit"]["options"][0] == {"id": "Y", "title": {"nl": "Ja", "en": "Yes"}}
    assert by_id["count"]["bins"] == list(range(10))
    assert [one["id"] for one in by_id["grid"]["rows"]] == ["mail", "web"]
    assert by_id["tools"]["max"] == 1
    assert by_id["tools"]["hint"] == {"nl": "Nu de middelen.", "en": "Now the tools."}
    assert found["show_if"] == {
        "hit": {"var": "sector", "op": "=", "value": "A1"},
        "count": {"var": "hit", "op": "=", "value": "Y"},
    }


def test_it_names_exactly_what_it_left_out() -> None:
    left = [
        (one.code, one.subject, one.place.column)
        for one in read(sample()).report.of("left_out")
    ]
    assert left == [
        ("condition", "grid", "relevance"),
        ("too_few_options", "order", ""),
        ("kind", "file", ""),
    ]


def test_it_reads_a_row_a_language_as_before_version_4() -> None:
    answers = [
        {"qid": "1", "code": code, "answer": text, "language": tag, "sortorder": code[1]}
        for code, *texts in (("A1", "Zorg", "Care"), ("A2", "Bank", "Bank"))
        for text, tag in zip(texts, ("nl", "en"), strict=True)
    ]
    questions = [
        question(1, "L", "sector", question=text, help="", language=tag)
        for text, tag in (("Uw sector?", "nl"), ("Your sector?", "en"))
    ]
    found = read(lss(**HEADS, answers=answers, questions=questions)).definition
    (only,) = found["questions"]
    assert only["title"] == {"nl": "Uw sector?", "en": "Your sector?"}
    assert only["options"][1] == {"id": "A2", "title": {"nl": "Bank", "en": "Bank"}}
