"""Read a LimeSurvey structure file (.lss): a dump of database rows, of version 3 or later.

LimeSurvey keeps texts in rows of their own since version 4, and one row a language before.
Its codes of five and twenty characters cannot hold our ids, so nothing is written back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from mpcengine.protocol.canonical import JSON
from surveys.formats.assembly import Assembly, Condition
from surveys.formats.guards import parse_xml, refuse
from surveys.formats.limesurvey_kinds import Asked, Texts, make_question
from surveys.formats.logic import Unreadable, parse_condition
from surveys.formats.report import CHANGED, LEFT_OUT, Place, Report
from surveys.formats.texts import language_of

Line = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Dump:
    """Hold the rows of a file by section."""

    sections: dict[str, list[Line]]
    titles: dict[str, Texts] = field(default_factory=dict)
    helps: dict[str, Texts] = field(default_factory=dict)
    answers: dict[str, Texts] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)

    def lines(self, name: str) -> list[Line]:
        """Return a section's rows."""
        return self.sections.get(name, [])


def read_limesurvey(data: bytes, *, report: Report, language: str) -> dict[str, JSON]:
    """Return a LimeSurvey file's survey in normal form; raise MalformedInput."""
    root = parse_xml(data)
    if root.tag != "document" or root.findtext("LimeSurveyDocType") != "Survey":
        refuse("not_limesurvey", "The file is no LimeSurvey structure (.lss) of a survey.")
    dump = _dump(root)
    main = language_of(_first(dump, "surveys", "language")) or language
    assembly = Assembly(report=report, language=main)
    _heads(assembly, dump)
    if dump.lines("conditions") and not any(
        one.get("relevance", "1") not in {"", "1"} for one in dump.lines("questions")
    ):
        report.add(LEFT_OUT, "condition", "", Place(sheet="conditions"))
    for asked, conditions in _asked(assembly, dump):
        _take(assembly, asked, conditions)
    return assembly.finish()


def _dump(root: Element) -> _Dump:
    sections = {
        section.tag: [
            {cell.tag: cell.text or "" for cell in row} for row in section.findall("rows/row")
        ]
        for section in root
    }
    dump = _Dump(sections)
    for line in dump.lines("question_l10ns"):
        dump.titles.setdefault(line.get("qid", ""), {})[_tag(line)] = line.get("question", "")
        dump.helps.setdefault(line.get("qid", ""), {})[_tag(line)] = line.get("help", "")
    for line in dump.lines("answer_l10ns"):
        dump.answers.setdefault(line.get("aid", ""), {})[_tag(line)] = line.get("answer", "")
    for name in ("questions", "subquestions"):
        for line in dump.lines(name):
            if "question" in line:
                known = dump.titles.setdefault(line.get("qid", ""), {})
                known[_tag(line)] = line["question"]
                helps = dump.helps.setdefault(line.get("qid", ""), {})
                helps[_tag(line)] = line.get("help", "")
    for line in dump.lines("question_attributes"):
        known = dump.attributes.setdefault(line.get("qid", ""), {})
        known.setdefault(line.get("attribute", ""), line.get("value", ""))
    return dump


def _heads(assembly: Assembly, dump: _Dump) -> None:
    place = Place(sheet="surveys_languagesettings")
    lines = dump.lines("surveys_languagesettings")
    main = assembly.language
    lines = sorted(lines, key=lambda line: line.get("surveyls_language") != main)
    tags = [language_of(line.get("surveyls_language", "")) or main for line in lines]
    titles = {tag: line.get("surveyls_title") for tag, line in zip(tags, lines, strict=True)}
    assembly.title = assembly.text(titles, "", place)
    told = {
        tag: "\n".join(
            line.get(name, "") for name in ("surveyls_description", "surveyls_welcometext")
        )
        for tag, line in zip(tags, lines, strict=True)
    }
    assembly.introduction = assembly.text(told, "", place)


def _asked(assembly: Assembly, dump: _Dump) -> Iterator[tuple[Asked, list[Condition]]]:
    groups = _once(dump.lines("groups"), "gid")
    order = {gid: _number(line, "group_order") for gid, line in groups.items()}
    named = {line.get("gid"): line.get("group_name", "") for line in dump.lines("group_l10ns")}
    for gid, line in groups.items():
        if named.get(gid) or line.get("group_name"):
            place = Place(sheet="groups")
            assembly.report.add(CHANGED, "no_page", named.get(gid) or line["group_name"], place)
    questions = _once(dump.lines("questions"), "qid")
    top = [one for one in questions.values() if one.get("parent_qid", "0") in {"", "0"}]
    top.sort(key=lambda one: (order.get(one.get("gid", ""), 0), _number(one, "question_order")))
    for line in top:
        conditions = [
            *_conditions(groups.get(line.get("gid", ""), {}), "grelevance", "groups"),
            *_conditions(line, "relevance", line.get("title", "")),
        ]
        yield _one(dump, questions, line), conditions


def _one(dump: _Dump, questions: Mapping[str, Line], line: Line) -> Asked:
    qid = line.get("qid", "")
    every = [*_once(dump.lines("subquestions"), "qid").values(), *questions.values()]
    below = [one for one in every if one.get("parent_qid") == qid]
    below.sort(key=lambda one: (_number(one, "scale_id"), _number(one, "question_order")))
    answers = [one for one in dump.lines("answers") if one.get("qid") == qid]
    answers.sort(key=lambda one: (_number(one, "scale_id"), _number(one, "sortorder")))
    titled: dict[str, Texts] = {}
    for one in answers:
        texts = dump.answers.get(one.get("aid", ""), {})
        known = titled.setdefault(one.get("code", ""), {})
        known.update(texts or {_tag(one): one.get("answer", "")})
    return Asked(
        code=line.get("title", ""),
        type=line.get("type", ""),
        required=line.get("mandatory", "N").upper() == "Y",
        other=line.get("other", "N").upper() == "Y",
        title=dump.titles.get(qid, {}),
        help=dump.helps.get(qid, {}),
        rows=tuple(
            (one.get("title", ""), dump.titles.get(one.get("qid", ""), {})) for one in below
        ),
        answers=tuple(titled.items()),
        attributes=dump.attributes.get(qid, {}),
    )


def _take(assembly: Assembly, asked: Asked, conditions: list[Condition]) -> None:
    place, report = Place(sheet=asked.code), assembly.report
    title = assembly.text(asked.title, asked.code, place)
    if asked.type == "X":
        report.add(CHANGED, "hint", asked.code, place)
        assembly.before_next(title)
        return
    made = make_question(asked, assembly)
    if made is None:
        report.add(LEFT_OUT, "kind", asked.code, place, kind=asked.type or "–")
        return
    question = {
        "id": assembly.new_id(asked.code, place),
        "required": asked.required,
        **made.details,
    }
    assembly.add(
        question,
        name=asked.code,
        place=place,
        title=title,
        hint=assembly.text(asked.help, asked.code, place),
        renamed_values=made.renamed,
        rows={f"{asked.code}_{name}": fresh for name, fresh in made.rows.items()},
        conditions=conditions,
    )


def _conditions(line: Line, name: str, subject: str) -> Iterator[Condition]:
    text = line.get(name, "").strip()
    if text in {"", "1"}:
        return
    try:
        node = parse_condition(text.removeprefix("{").removesuffix("}"))
    except Unreadable:
        node = None
    yield Condition(node=node, place=Place(sheet=subject, column=name))


def _once(lines: list[Line], key: str) -> dict[str, Line]:
    """Return the first row of each id: before version 4 a question has one a language."""
    found: dict[str, Line] = {}
    for line in lines:
        found.setdefault(line.get(key, ""), line)
    return found


def _first(dump: _Dump, section: str, key: str) -> str:
    lines = dump.lines(section)
    return lines[0].get(key, "") if lines else ""


def _number(line: Line, key: str) -> int:
    text = line.get(key, "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _tag(line: Line) -> str:
    return language_of(line.get("language", "")) or "en"
