"""Pages on which a draft begins and ends: new, imported, copied, exported, deleted."""

import base64
import json

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.authentication import signed_in
from mpcengine.protocol.errors import ProtocolError
from problems import Problem
from surveys.coordinating import (
    coordinator_page,
    draft_of,
    reader_language,
    tell,
)
from surveys.draft_selectors import draft_versions
from surveys.drafting.content import definition_of
from surveys.drafts import (
    draft_create,
    draft_delete,
    draft_duplicate,
    draft_restore,
)
from surveys.formats.registry import WRITERS, read_survey
from surveys.formats.report import CAME, CHANGED, LEFT_OUT, Report
from surveys.forms_drafts import ImportForm, KeepForm, NewDraftForm
from surveys.said import CHANGES, finding_said, place_said, text_said
from surveys.templates_shipped import template_read, templates_list


@require_http_methods(["GET", "POST"])
@coordinator_page
def draft_new(request: HttpRequest) -> HttpResponse:
    """Offer three starts: a template, a file, nothing."""
    form = NewDraftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        draft = draft_create(
            organisation_id=signed_in(request).organisation_id,
            languages=form.cleaned_data["languages"],
        )
        return redirect("draft", draft.pk)
    language = reader_language()
    shipped = [
        (name, text_said(survey["title"], language, survey["languages"]), survey)
        for name, survey in templates_list()
    ]
    context = {"form": form, "imports": ImportForm(), "shipped": shipped}
    return render(request, "surveys/draft_new.html", context)


@require_POST
@coordinator_page
def draft_from_template(request: HttpRequest, template_id: str) -> HttpResponse:
    """Make a draft of one of the shipped questionnaires."""
    definition = template_read(template_id)
    if definition is None:
        raise Http404
    return _kept(request, definition)


@require_http_methods(["GET", "POST"])
@coordinator_page
def draft_import(request: HttpRequest) -> HttpResponse:
    """Read a file and show what came along; nothing is stored before "Keep"."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            found = read_survey(file.read(), language=form.cleaned_data["language"])
        except ProtocolError as error:
            form.add_error("file", str(error))
        else:
            packed = base64.b64encode(json.dumps(found.definition).encode()).decode()
            context = {
                "file": file.name,
                "format": found.format,
                "report": _report_rows(found.report),
                "counts": [
                    (sort, len(list(found.report.of(sort))))
                    for sort in (CAME, CHANGED, LEFT_OUT)
                ],
                "keep": KeepForm({"definition": packed}),
                "packed": packed,
            }
            return render(request, "surveys/import_report.html", context)
    return render(request, "surveys/draft_import.html", {"form": form})


@require_POST
@coordinator_page
def draft_keep(request: HttpRequest) -> HttpResponse:
    """Store an imported definition as a draft; it is checked again."""
    try:
        definition = json.loads(base64.b64decode(request.POST.get("definition", "")))
    except (ValueError, RecursionError):
        tell(request, _("Import the file again."), wrong=True)
        return redirect("draft_import")
    return _kept(request, definition or {})


@require_POST
@coordinator_page
def draft_copy(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Copy a draft."""
    copy = draft_duplicate(draft=draft_of(request, draft_id))
    tell(request, _("This is the copy."))
    return redirect("draft", copy.pk)


@require_http_methods(["GET", "POST"])
@coordinator_page
def draft_gone(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Ask whether to delete a draft, and delete it."""
    draft = draft_of(request, draft_id)
    if request.method == "POST":
        draft_delete(draft=draft)
        tell(request, _("The draft is deleted."))
        return redirect("home")
    return render(request, "surveys/draft_delete.html", {"draft": draft, **heading(draft)})


@require_http_methods(["GET", "POST"])
@coordinator_page
def draft_history(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Show a draft's versions; make one of them the newest."""
    draft = draft_of(request, draft_id)
    if request.method == "POST":
        number = request.POST.get("number", "")
        try:
            draft_restore(draft=draft, number=int(number) if number.isdecimal() else 0)
        except Problem as error:
            tell(request, error, wrong=True)
        else:
            tell(request, _("The earlier version is back."))
        return redirect("draft", draft.pk)
    rows = []
    versions = list(draft_versions(draft))
    for at, version in enumerate(versions):
        before = versions[at + 1].content if at + 1 < len(versions) else None
        rows.append((version, CHANGES[version.change], _difference(before, version.content)))
    context = {"draft": draft, "rows": rows, **heading(draft)}
    return render(request, "surveys/draft_versions.html", context)


@require_GET
@coordinator_page
def draft_export(request: HttpRequest, draft_id: str, format_id: str) -> HttpResponse:
    """Hand out a draft as a file of a format that can hold it."""
    draft = draft_of(request, draft_id)
    if format_id not in WRITERS:
        raise Http404
    writer = WRITERS[format_id]
    try:
        data = writer.write(definition_of(draft.content))
    except ProtocolError as error:
        tell(request, error, wrong=True)
        return redirect("draft", draft.pk)
    answer = HttpResponse(data, content_type=writer.media_type)
    name = f"drempel-{draft.pk[:8]}.{writer.ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def heading(draft: object) -> dict[str, object]:
    """Return a draft's title as the reader reads it, for the head of its pages."""
    content = draft.content  # type: ignore[attr-defined]  # a Draft
    title = text_said(content["title"], reader_language(), content["languages"])
    return {"title": title or _("Untitled")}


def _kept(request: HttpRequest, definition: object) -> HttpResponse:
    try:
        with transaction.atomic():
            draft = draft_create(
                organisation_id=signed_in(request).organisation_id,
                languages=(),
                definition=definition,
            )
    except ProtocolError as error:
        tell(request, error, wrong=True)
        return redirect("draft_new")
    tell(request, _("Kept as a draft."))
    return redirect("draft", draft.pk)


def _report_rows(report: Report) -> list[tuple[str, list[tuple[str, str, str]]]]:
    return [
        (
            sort,
            [
                (one.subject, finding_said(one), place_said(one.place))
                for one in report.of(sort)
            ],
        )
        for sort in (LEFT_OUT, CHANGED, CAME)
    ]


def _difference(before: object, after: dict[str, object]) -> str:
    """Return which questions a version added, changed or took away."""
    if not isinstance(before, dict):
        return ""
    old = {one["id"]: one for one in before["questions"]}
    new = {one["id"]: one for one in after["questions"]}  # type: ignore[attr-defined]
    parts = [f"+ {name}" for name in new if name not in old]
    parts += [f"− {name}" for name in old if name not in new]
    parts += [f"~ {name}" for name in new if name in old and new[name] != old[name]]
    return ", ".join(parts)
