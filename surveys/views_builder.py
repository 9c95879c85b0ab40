"""Pages on which a draft is written: outline, question, terms, tables, preview, rehearsal."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from booth.questions import parts_of, question_write
from booth.said import Reader
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.questions import Value
from mpcengine.protocol.survey import Survey, parse_survey
from problems import Conflict
from surveys.coordinating import coordinator_page, draft_of, now, reader_language, tell
from surveys.draft_selectors import checks_of
from surveys.drafting.content import (
    KINDS,
    Content,
    answers_before,
    answers_of,
    definition_of,
    place_of,
    question_add,
    question_delete,
    question_duplicate,
    question_move,
    question_put,
)
from surveys.drafting.readiness import Check
from surveys.drafting.rehearsal import MOST_RESPONDENTS, rehearse
from surveys.drafts import draft_change, draft_plan
from surveys.forms_drafts import HeadForm, LanguagesForm, PlanForm
from surveys.forms_question import QuestionForm, rule_key
from surveys.forms_tables import RehearsalForm, TablesForm
from surveys.models import Draft
from surveys.said import CHECKS, text_said, to_do_said
from surveys.said import KINDS as KIND_WORDS
from surveys.views_drafts import heading


@require_http_methods(["GET", "POST"])
@coordinator_page
def draft_page(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Show the outline and the list "ready to open"; add a question of a kind."""
    draft = draft_of(request, draft_id)
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind not in KINDS:
            tell(request, _("Choose what you want to learn."), wrong=True)
            return redirect("draft", draft.pk)
        content, fresh = question_add(draft.content, kind)
        if _changed(request, draft, content, "added"):
            return redirect("draft_question", draft.pk, fresh)
        return redirect("draft", draft.pk)
    checks = checks_of(draft, now=now())
    context = {
        "draft": draft,
        "outline": _outline(draft.content),
        "kinds": [(kind, *KIND_WORDS[kind]) for kind in KINDS],
        "checks": check_rows(checks, draft.content),
        "done": sum(check.done for check in checks),
        "saved": draft.updated_at,
        **heading(draft),
    }
    return render(request, "surveys/draft.html", context)


@require_http_methods(["GET", "POST"])
@coordinator_page
def draft_question(request: HttpRequest, draft_id: str, question_id: str) -> HttpResponse:
    """Show one question, every language side by side, and take its changes."""
    draft = draft_of(request, draft_id)
    try:
        place = place_of(draft.content, question_id)
    except KeyError:
        raise Http404 from None
    content = draft.content
    question = content["questions"][place]
    before = answers_before(content, question_id)
    form = QuestionForm(
        request.POST or None,
        question=question,
        languages=content["languages"],
        before=before,
        named=_named(content, before),
        shown=content["show_if"].get(question_id),
    )
    if request.method == "POST" and form.is_valid():
        shown = form.cleaned_data.get("rule", content["show_if"].get(question_id))
        changed = question_put(content, form.made(), shown)
        if _changed(request, draft, changed, "edited"):
            again = "more" in request.POST
            return (
                redirect("draft_question", draft.pk, question_id)
                if again
                else redirect("draft", draft.pk)
            )
        return redirect("draft_question", draft.pk, question_id)
    context = {
        "draft": draft,
        "form": form,
        "question": question,
        "number": place + 1,
        "kind": KIND_WORDS[question["kind"]],
        "rule": _rule_said(content, question_id),
        **heading(draft),
    }
    return render(request, "surveys/draft_question.html", context)


@require_POST
@coordinator_page
def draft_act(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Move, copy or delete a question."""
    draft = draft_of(request, draft_id)
    name, act = request.POST.get("question", ""), request.POST.get("act", "")
    if act not in _ACTS:
        raise Http404
    make, change = _ACTS[act]
    try:
        content = make(draft.content, name)
    except KeyError:
        raise Http404 from None
    if _changed(request, draft, content, change) and change == "deleted":
        tell(request, _("The question is deleted. Under “Versions” you bring it back."))
    return redirect("draft", draft.pk)


@require_http_methods(["GET", "POST"])
@coordinator_page
def draft_settings(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Show and take title, introduction, terms, period, languages and tables."""
    draft = draft_of(request, draft_id)
    content, which = draft.content, request.POST.get("form", "")
    given = {name: request.POST if which == name else None for name in _FORMS}
    head = HeadForm(given["head"], content=content)
    plan = PlanForm(given["plan"], initial=PlanForm.initial_of(draft.plan))
    spoken = LanguagesForm(given["languages"], initial={"languages": content["languages"]})
    tables = TablesForm(given["tables"], choices=_table_names(content), pairs=content["tables"])
    if which == "head" and head.is_valid():
        made = {
            **content,
            "title": head.texts("title"),
            "introduction": head.texts("introduction"),
            "unit": head.cleaned_data["unit"],
            "min_count": head.cleaned_data["min_count"],
        }
        return _kept(request, draft, made, "head")
    if which == "languages" and spoken.is_valid():
        chosen = spoken.cleaned_data["languages"]
        kept = [one for one in content["languages"] if one in chosen]
        order = [*kept, *(one for one in chosen if one not in kept)]
        return _kept(request, draft, {**content, "languages": order}, "languages")
    if which == "tables" and tables.is_valid():
        return _kept(request, draft, {**content, "tables": tables.pairs()}, "tables")
    if which == "plan" and plan.is_valid():
        draft_plan(draft=draft, plan=plan.plan())
        tell(request, _("Saved."))
        return redirect("draft_settings", draft.pk)
    context = {"head": head, "plan": plan, "spoken": spoken, "tables": tables, "draft": draft}
    return render(request, "surveys/draft_settings.html", {**context, **heading(draft)})


@require_GET
@coordinator_page
def draft_preview(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Show the questions as a respondent will meet them; nothing can be sent."""
    draft = draft_of(request, draft_id)
    survey, wrong = _survey_of(draft)
    language = request.GET.get("language", "")
    languages = [one for one, _name in settings.LANGUAGES]
    if language not in languages:
        language = reader_language()
    parts: list[list[SafeString]] = []
    if survey is not None:
        reader = Reader(_pretended(request, survey), language)
        parts = [
            # What question_write returns is escaped, built from elements and texts.
            [SafeString(str(question_write(reader, place))) for place in part]
            for part in parts_of(survey.to_json())
        ]
    context = {
        "draft": draft,
        "parts": parts,
        "wrong": wrong,
        "language": language,
        "others": [pair for pair in settings.LANGUAGES if pair[0] != language],
        "introduction": text_said(
            draft.content["introduction"], language, draft.content["languages"]
        ),
        **heading(draft),
    }
    return render(request, "surveys/draft_preview.html", context)


@require_http_methods(["GET", "POST"])
@coordinator_page
def draft_rehearsal(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Fill the draft with invented answers and show the tables, marked as invented."""
    draft = draft_of(request, draft_id)
    expected = min(draft.plan.get("expected") or 100, MOST_RESPONDENTS)
    form = RehearsalForm(request.POST or None, initial={"respondents": expected})
    survey, wrong = _survey_of(draft)
    tables: list[JSON] = []
    if request.method == "POST" and form.is_valid() and survey is not None:
        found = rehearse(
            survey,
            respondents=form.cleaned_data["respondents"],
            seed=secrets.token_bytes(16),
        )
        tables = [
            {
                "title": _table_said(draft.content, table.id),
                "hidden": table.hidden,
                "cells": [
                    (_key_said(draft.content, table.id, cell.key), cell.count)
                    for cell in table.cells
                ],
            }
            for table in found
        ]
    cells = sum(len(table["cells"]) for table in tables)
    context = {
        "draft": draft,
        "form": form,
        "tables": tables,
        "wrong": wrong,
        "hidden": sum(table["hidden"] for table in tables),
        "cells": cells,
        **heading(draft),
    }
    return render(request, "surveys/draft_rehearsal.html", context)


_ACTS: dict[str, tuple[Callable[[Content, str], Content], str]] = {
    "up": (lambda content, name: question_move(content, name, -1), "moved"),
    "down": (lambda content, name: question_move(content, name, 1), "moved"),
    "copy": (lambda content, name: question_duplicate(content, name)[0], "copied"),
    "delete": (question_delete, "deleted"),
}
_FORMS = ("head", "languages", "tables", "plan")


def check_rows(checks: list[Check], content: Content) -> list[dict[str, object]]:
    """Return the list "ready to open" in words, with the numbers of the questions."""
    numbers = {one["id"]: place + 1 for place, one in enumerate(content["questions"])}
    return [
        {
            "said": CHECKS[check.code],
            "done": check.done,
            "missing": [
                (to_do_said(one), one.question, numbers.get(one.question))
                for one in check.missing
            ],
            "advice": [
                (to_do_said(one), one.question, numbers.get(one.question))
                for one in check.advice
            ],
        }
        for check in checks
    ]


def _changed(request: HttpRequest, draft: Draft, content: Content, change: str) -> bool:
    given = request.POST.get("number", "")
    number = int(given) if given.isdecimal() and len(given) < 9 else draft.number
    try:
        draft_change(draft=draft, number=number, content=content, change=change)
    except Conflict:
        tell(
            request,
            _("The draft was changed elsewhere in the meantime; look again."),
            wrong=True,
        )
        return False
    return True


def _kept(request: HttpRequest, draft: Draft, content: Content, change: str) -> HttpResponse:
    if _changed(request, draft, content, change):
        tell(request, _("Saved."))
    return redirect("draft_settings", draft.pk)


def _outline(content: Content) -> list[dict[str, object]]:
    language = reader_language()
    last = len(content["questions"]) - 1
    return [
        {
            "id": one["id"],
            "number": place + 1,
            "title": text_said(one.get("title", {}), language, content["languages"]),
            "kind": KIND_WORDS[one["kind"]][0],
            "rule": _rule_said(content, one["id"]),
            "first": place == 0,
            "last": place == last,
        }
        for place, one in enumerate(content["questions"])
    ]


def _rule_said(content: Content, question_id: str) -> str:
    """Return a question's rule as a sentence, or an empty text."""
    rule = content["show_if"].get(question_id)
    if rule is None:
        return ""
    values = rule["value"] if isinstance(rule["value"], list) else [rule["value"]]
    answers = _(" or ").join(f"“{_answer_said(content, rule['var'], one)}”" for one in values)
    words = {"question": _table_said(content, rule["var"]), "answers": answers}
    if rule["op"] == "!=":
        return _("Asked only if “%(question)s” is answered, and not with %(answers)s.") % words
    return _("Asked only if “%(question)s” is %(answers)s.") % words


def _table_said(content: Content, table: str) -> str:
    """Return a table's questions in words: a question, a row of a matrix, or two of these."""
    return " × ".join(_side_said(content, side) for side in table.split("*"))


def _side_said(content: Content, table: str) -> str:
    owner, _dot, row = table.partition(".")
    for question in content["questions"]:
        if question["id"] == owner:
            language, order = reader_language(), content["languages"]
            said = text_said(question.get("title", {}), language, order) or owner
            lines = [one for one in question.get("rows", ()) if one["id"] == row]
            return f"{said}: {text_said(lines[0]['title'], language, order)}" if lines else said
    return table


def _answer_said(content: Content, table: str, value: JSON) -> str:
    if value is None:
        return _("no answer")
    if value == "not_shown":
        return _("not asked")
    owner = table.partition(".")[0]
    for question in content["questions"]:
        if question["id"] != owner:
            continue
        for one in question.get("options", ()):
            if one["id"] == value:
                return text_said(one["title"], reader_language(), content["languages"])
        if question["kind"] in {"number", "date"}:
            return _("from %(low)s") % {"low": value}
    return str(value)


def _key_said(content: Content, table: str, key: tuple[JSON, ...]) -> str:
    sides = table.split("*")
    if len(sides) == 1:
        sides = sides * len(key)
    return " × ".join(
        _answer_said(content, side, value) for side, value in zip(sides, key, strict=True)
    )


def _named(
    content: Content, before: Mapping[str, tuple[Value, ...]]
) -> dict[str, list[tuple[str, str]]]:
    return {
        _side_said(content, table): [
            (rule_key(table, cell), _answer_said(content, table, cell)) for cell in cells
        ]
        for table, cells in before.items()
    }


def _table_names(content: Content) -> list[tuple[str, str]]:
    return [
        (table, _side_said(content, table))
        for question in content["questions"]
        if question["id"] not in content["show_if"]
        for table in answers_of(question, content["languages"])
    ]


def _survey_of(draft: Draft) -> tuple[Survey | None, str]:
    try:
        return parse_survey(definition_of(draft.content)), ""
    except ProtocolError as error:
        return None, str(error)


def _pretended(request: HttpRequest, survey: Survey) -> JSON:
    """Return as much of a manifest as the questions' markup reads."""
    moment = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "survey": replace(survey).to_json(),
        "answering": {"opens": moment, "closes": moment},
        "coordinator": {"name": str(getattr(request.user, "organisation", ""))},
    }
