"""Say what still keeps a draft from being opened, and what its tables will hardly show.

A check has a code; the pages have its sentence. Advice never stops anybody.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.survey import check_limits, parse_survey
from surveys.advice import too_fine
from surveys.drafting.content import Content, answers_before, definition_of

CHECKS = (
    "title", "questions", "languages", "answers", "rules", "limits", "people", "period",
    "identity",
)  # fmt: skip
FEWEST_OPTIONS = 2
# The lowest counts that DESIGN lets any operator allow; a node may ask for more.
FLOORS = {"person": 5, "organisation": 3}
MATRIX_COLUMNS = 5
LONG_OPTION = 80
_PERSONAL = re.compile(
    r"\b(naam|name|e-?mail|telefoon|phone|adres|address|postcode|zip ?code|geboortedatum"
    r"|date of birth|bsn|personeelsnummer|employee number|kvk)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Hold one thing to do: its code, the question it is about (or ""), and values."""

    code: str
    question: str = ""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Hold one line of the list "ready to open": what it asks, and what is missing."""

    code: str
    missing: tuple[Finding, ...]
    advice: tuple[Finding, ...] = ()

    @property
    def done(self) -> bool:
        """Tell whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Hold what is known of a survey beside its questions; None means not yet."""

    expected: int | None
    opens: datetime | None
    closes: datetime | None
    now: datetime
    looked_at: bool


def readiness(content: Content, plan: Plan) -> list[Check]:
    """Return the nine checks, in the order in which a person meets them."""
    rules = tuple(_rules(content))
    answers = tuple(_answers(content))
    missing: Mapping[str, tuple[Finding, ...]] = {
        "title": () if _first(content["title"]) else (Finding(code="no_title"),),
        "questions": () if content["questions"] else (Finding(code="no_questions"),),
        "languages": tuple(_gaps(content)),
        "answers": answers,
        "rules": rules,
        "limits": () if rules or answers else tuple(_limits(content, plan.expected)),
        "people": tuple(_people(content, plan)),
        "period": tuple(_period(plan)),
        "identity": () if plan.looked_at else tuple(_identity(content)),
    }
    advice = {"people": tuple(_fine(content, plan.expected)), "answers": tuple(_wide(content))}
    return [
        Check(code=code, missing=missing[code], advice=advice.get(code, ())) for code in CHECKS
    ]


def _first(text: Mapping[str, JSON]) -> str:
    return next((words for words in text.values() if words), "")


def _gaps(content: Content) -> Iterator[Finding]:
    for language in content["languages"]:
        if content["title"] and not content["title"].get(language):
            yield Finding(code="gap_title", values=(("language", language),))
        if _first(content["introduction"]) and not content["introduction"].get(language):
            yield Finding(code="gap_introduction", values=(("language", language),))
        for question in content["questions"]:
            if _lacks(question, language):
                told = (("language", language),)
                yield Finding(code="gap", question=question["id"], values=told)


def _lacks(question: dict[str, JSON], language: str) -> bool:
    texts = [question.get("title", {})]
    texts += [one.get("title", {}) for one in question.get("options", ())]
    texts += [one.get("title", {}) for one in question.get("rows", ())]
    hint = question.get("hint", {})
    return any(not text.get(language) for text in texts) or (
        bool(_first(hint)) and not hint.get(language)
    )


def _answers(content: Content) -> Iterator[Finding]:
    for question in content["questions"]:
        if "options" in question and len(question["options"]) < FEWEST_OPTIONS:
            yield Finding(code="few_options", question=question["id"])
        if "rows" in question and not question["rows"]:
            yield Finding(code="no_rows", question=question["id"])


def _wide(content: Content) -> Iterator[Finding]:
    for question in content["questions"]:
        if question["kind"] == "matrix" and len(question["options"]) > MATRIX_COLUMNS:
            yield Finding(code="wide_matrix", question=question["id"])
        titles = [text for one in question.get("options", ()) for text in one["title"].values()]
        if any(len(str(text)) > LONG_OPTION for text in titles):
            yield Finding(code="long_option", question=question["id"])


def _rules(content: Content) -> Iterator[Finding]:
    ids = {question["id"] for question in content["questions"]}
    for question_id, rule in content["show_if"].items():
        if question_id not in ids:
            continue
        known = answers_before(content, question_id)
        values = rule["value"] if isinstance(rule["value"], list) else [rule["value"]]
        if rule["var"] not in known:
            owner = rule["var"].split(".")[0]
            code = "rule_later" if owner in ids else "rule_gone"
            yield Finding(code=code, question=question_id, values=(("other", rule["var"]),))
        elif any(value not in known[rule["var"]] for value in values):
            yield Finding(
                code="rule_answer_gone", question=question_id, values=(("other", rule["var"]),)
            )
        elif rule["op"] == "!=" and len(known[rule["var"]]) == 1:
            yield Finding(code="unreachable", question=question_id)


def _limits(content: Content, expected: int | None) -> Iterator[Finding]:
    if not content["questions"] or not _first(content["title"]):
        return
    try:
        survey = parse_survey(definition_of(content))
        build_layout(survey)
        check_limits(survey, expected or 1)
    except ProtocolError as error:
        yield Finding(code="refused", values=(("sentence", str(error)),))


def _people(content: Content, plan: Plan) -> Iterator[Finding]:
    if plan.expected is None:
        yield Finding(code="no_expected")
    elif plan.expected < content["min_count"]:
        told = (("expected", str(plan.expected)), ("least", str(content["min_count"])))
        yield Finding(code="too_few_people", values=told)
    floor = FLOORS[content["unit"]]
    if content["min_count"] < floor:
        told = (("floor", str(floor)), ("least", str(content["min_count"])))
        yield Finding(code="floor", values=told)


def _fine(content: Content, expected: int | None) -> Iterator[Finding]:
    if expected is None:
        return
    try:
        survey = parse_survey(definition_of(content))
        found = too_fine(survey, expected)
    except ProtocolError:
        return
    for table, cells in found:
        told = (
            ("table", table), ("cells", str(cells)), ("expected", str(expected)),
            ("least", str(content["min_count"])),
        )  # fmt: skip
        yield Finding(code="too_fine", question=table.split(".")[0].split("*")[0], values=told)


def _period(plan: Plan) -> Iterator[Finding]:
    if plan.opens is None or plan.closes is None:
        yield Finding(code="no_period")
    elif plan.closes <= plan.opens:
        yield Finding(code="period_backwards")
    elif plan.closes <= plan.now:
        yield Finding(code="period_past")


def _identity(content: Content) -> Iterator[Finding]:
    for question in content["questions"]:
        words = " ".join(str(text) for text in question.get("title", {}).values())
        if question["kind"] == "text":
            yield Finding(code="asks_text", question=question["id"])
        elif _PERSONAL.search(words):
            yield Finding(code="asks_person", question=question["id"])
