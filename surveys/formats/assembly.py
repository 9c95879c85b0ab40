"""Put an imported survey together: ids, texts, conditions, and what the format cannot hold.

A reader of a format adds questions in their order and gets a definition that
``parse_survey`` takes. What a condition means is settled by trying it on every answer of the
question it looks at, so ``>``, ``or`` and ``selected`` need no rules of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import one_hot_values
from mpcengine.protocol.schemas_survey import (
    MOST_CELLS,
    MOST_QUESTIONS,
    MOST_RANKED,
    MOST_ROWS,
)
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.survey_read import read_question
from surveys.formats.conditions import Known, Met, join_all, settle, written
from surveys.formats.guards import refuse
from surveys.formats.logic import Node
from surveys.formats.report import CAME, CHANGED, LEFT_OUT, Place, Report
from surveys.formats.texts import make_id, plain, tidy

Text = dict[str, str]
LARGEST_MIN_COUNT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Hold what decides whether a question is asked; ``node`` is None if it is unreadable."""

    node: Node | None
    place: Place


@dataclass(slots=True, kw_only=True)
class Assembly:
    """Hold a survey while it is read; ``language`` is that of texts that name none."""

    report: Report
    language: str
    languages: list[str] = field(default_factory=list)
    title: Text = field(default_factory=dict)
    introduction: Text = field(default_factory=dict)
    head: dict[str, JSON] = field(default_factory=dict)
    questions: list[dict[str, JSON]] = field(default_factory=list)
    show_if: dict[str, JSON] = field(default_factory=dict)
    _known: dict[str, Known] = field(default_factory=dict)
    _met: dict[str, Met] = field(default_factory=dict)
    _heads: Text = field(default_factory=dict)

    def text(self, given: Mapping[str, object], subject: str, place: Place) -> Text:
        """Return a text by language, without markup; note what was taken off."""
        found: Text = {}
        for language, value in given.items():
            said, marked = plain(value) if value is not None else ("", False)
            if marked:
                self.report.add(CHANGED, "markup", subject, place)
            if "${" in said or ("{" in said and "}" in said):
                self.report.add(CHANGED, "words_mention_answers", subject, place)
            if said:
                found[language] = said
                if language not in self.languages:
                    self.languages.append(language)
        return found

    def new_id(self, name: str, place: Place) -> str:
        """Return a question's id; note where it is not its name."""
        made = make_id(name, {one["id"] for one in self.questions})
        if made != name:
            self.report.add(CHANGED, "id", name or made, place, old=name or "–", new=made)
        return made

    def choices(
        self, given: Iterable[tuple[str, Text]], subject: str, place: Place
    ) -> tuple[list[JSON], dict[str, str]]:
        """Return options or rows with ids of their own, and the old names' new ids."""
        made: dict[str, str] = {}
        found: list[JSON] = []
        for name, title in given:
            fresh = make_id(name, set(made.values()), "o")
            made.setdefault(name, fresh)
            found.append({"id": fresh, "title": title or self._named(name)})
        changed = [(old, new) for old, new in made.items() if old != new]
        if changed:
            old, new = changed[0]
            self.report.add(CHANGED, "option_ids", subject, place, old=old, new=new)
        return found, made

    def before_next(self, text: Text) -> None:
        """Keep a note; it explains the question after it."""
        self._heads = joined(self._heads, text)

    def add(
        self,
        question: dict[str, JSON],
        *,
        name: str,
        place: Place,
        title: Text,
        hint: Text | None = None,
        renamed_values: Mapping[str, str] | None = None,
        rows: Mapping[str, str] | None = None,
        conditions: Iterable[Condition] = (),
    ) -> bool:
        """Add a question, if the format can hold it; tell whether it was added.

        ``rows``: names by which conditions know a matrix's rows, and the rows' ids.
        """
        wrong = self._unfit(question)
        if wrong:
            self.report.add(LEFT_OUT, wrong[0], name, place, **wrong[1])
            return False
        met = self._settled(list(conditions), name)
        if met is not None and not met.cells:
            self.report.add(LEFT_OUT, "condition_never", name, place)
            return False
        if not title:
            self.report.add(CHANGED, "title", name, place)
        if not self.questions and self._heads and not self.introduction:
            self.introduction, self._heads = self._heads, {}
        told = joined(self._heads, hint or {})
        self._heads = {}
        whole = {**question, "title": title or self._named(question["id"])}
        if told:
            whole["hint"] = told
        self.questions.append(whole)
        if met is not None and not met.always:
            self.show_if[question["id"]] = written(met)
            self._met[question["id"]] = met
        self._remember(whole, name, dict(renamed_values or {}), dict(rows or {}))
        self.report.add(CAME, "question", name, place, kind=str(question["kind"]))
        return True

    def finish(self, *, tables: Iterable[tuple[str, str]] = ()) -> dict[str, JSON]:
        """Return the definition in its normal form; raise MalformedInput if nothing came."""
        if not self.questions:
            refuse("nothing", "Nothing in this file can be asked here; see what was left out.")
        draft: dict[str, JSON] = {
            "format": "drempel-survey/1",
            "title": self.title or self._named("Survey"),
            **({"introduction": self.introduction} if self.introduction else {}),
            **self.head,
            "questions": self.questions,
            "show_if": self.show_if,
            "tables": [{"questions": list(pair)} for pair in tables],
        }
        used = parse_survey(draft).languages
        order = [one for one in self.languages if one in used]
        draft["languages"] = [*order, *(one for one in used if one not in order)]
        return parse_survey(draft).to_json()

    def _named(self, name: str) -> Text:
        language = self.languages[0] if self.languages else self.language
        return {language: tidy(name) or "–"}

    def _unfit(self, question: dict[str, JSON]) -> tuple[str, dict[str, object]] | None:
        options = question.get("options")
        if len(self.questions) >= MOST_QUESTIONS:
            return "too_many_questions", {"most": MOST_QUESTIONS}
        if options is not None and len(options) < 2:
            return "too_few_options", {}
        most = MOST_RANKED if question["kind"] == "ranking" else MOST_CELLS
        if options is not None and len(options) > most:
            return "too_many_options", {"most": most}
        if len(question.get("rows", ())) > MOST_ROWS:
            return "too_many_rows", {"most": MOST_ROWS}
        return None

    def _settled(self, conditions: list[Condition], subject: str) -> Met | None:
        found: list[tuple[Met, Place]] = []
        for condition in conditions:
            for met in settle(condition.node, self._known):
                if met is None:
                    self.report.add(LEFT_OUT, "condition", subject, condition.place)
                else:
                    found.append((met, condition.place))
        kept, dropped = join_all([met for met, _ in found], self._met)
        for met, place in found:
            if kept is not None and kept.with_none and met.table == kept.table:
                self.report.add(CHANGED, "condition_without_answer", subject, place)
            if met.table in dropped:
                self.report.add(LEFT_OUT, "condition", subject, place)
        return kept

    def _remember(
        self,
        question: dict[str, JSON],
        name: str,
        values: dict[str, str],
        rows: dict[str, str],
    ) -> None:
        parsed = read_question(question, tuple(self.languages), "")
        for table, cells in one_hot_values(parsed).items():
            known = Known(
                table=table,
                owner=question["id"],
                cells=cells,
                highest=question["max"] if question["kind"] == "number" else None,
                required=question["required"],
                last_day=question["max"] if question["kind"] == "date" else None,
                names={made: old for old, made in values.items()},
            )
            if table == question["id"]:
                self._known[name] = known
            for row, made in rows.items():
                if table == f"{question['id']}.{made}":
                    self._known[row] = known


def joined(one: Text, other: Text) -> Text:
    """Return two texts as one, a line each, in every language that either has."""
    order = [*one, *(language for language in other if language not in one)]
    return {
        language: tidy("\n".join(t[language] for t in (one, other) if language in t))
        for language in order
    }
