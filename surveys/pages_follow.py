"""A survey from publishing on: where it stands, closing it before its time."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.authentication import signed_in
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.orders import CLOSE, build_order
from mpcengine.protocol.strict import parse_base64, to_base64
from mpcengine.selectors import job_view
from mpcengine.tasks import drive_nudge
from problems import Conflict
from surveys.coordinating import coordinator_page, survey_of, tell
from surveys.models import Survey
from surveys.services import survey_order
from surveys.standing import STEPS, can_close, nodes_said, standing_of


class CloseForm(forms.Form):
    """Ask for a typed word and the coordinator's signature."""

    word = forms.CharField(max_length=20)
    signature = forms.CharField(max_length=100)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        wanted = close_word()
        self.fields["word"].label = _("Type the word %(word)s") % {"word": wanted}
        self.fields["signature"].label = _("Signature with the coordinator's key (base64)")

    def clean_word(self) -> str:
        """Refuse every other word."""
        if self.cleaned_data["word"].strip().lower() != close_word():
            raise forms.ValidationError(_("This is not the word."))
        return str(self.cleaned_data["word"])

    def clean_signature(self) -> bytes:
        """Return the signature's 64 bytes."""
        found = parse_base64(self.cleaned_data["signature"].strip())
        if found is None or len(found) != 64:
            raise forms.ValidationError(_("This is no signature: 64 bytes in base64."))
        return found


def close_word() -> str:
    """Return the word that is typed before a survey is closed."""
    return _("close")


@require_GET
@coordinator_page
def follow(request: HttpRequest, survey_id: str) -> HttpResponse:
    """Show where a survey stands."""
    survey = survey_of(request, survey_id)
    return render(request, "surveys/follow.html", context_of(survey))


@require_http_methods(["GET", "POST"])
@coordinator_page
def close(request: HttpRequest, survey_id: str) -> HttpResponse:
    """Close a survey for good: a typed word, and an order signed outside the portal."""
    survey = survey_of(request, survey_id)
    context = context_of(survey)
    if not context["can_close"]:
        return redirect("follow", survey_id=survey.pk)
    order = build_order(survey.manifest_digest, CLOSE)
    form = CloseForm(request.POST) if request.method == "POST" else CloseForm()
    if form.is_bound and form.is_valid() and _ordered(request, survey, order, form):
        return redirect("follow", survey_id=survey.pk)
    context |= {"form": form, "order": to_base64(order)}
    context["crumbs"] = [
        (reverse("home"), _("Overview")),
        (reverse("follow", args=[survey.pk]), context["title"]),
    ]
    return render(request, "surveys/close.html", context)


def _ordered(request: HttpRequest, survey: Survey, order: bytes, form: CloseForm) -> bool:
    person, signature = signed_in(request).pk, form.cleaned_data["signature"]
    try:
        job_id = survey_order(survey=survey, order=order, signature=signature, by=person)
    except (ProtocolError, Conflict):
        form.add_error("signature", _("The signature is not that of this survey's key."))
        return False
    drive_nudge(job_id)
    tell(request, _("The survey closes. Nobody can answer any more."))
    return True


def context_of(survey: Survey) -> dict[str, object]:
    """Return what the pages of one survey show."""
    job = job_view(digest=survey.manifest_digest) if survey.manifest_digest else None
    manifest = _manifest(survey)
    standing = standing_of(survey, job)
    return {
        "survey": survey,
        "title": title_of(survey),
        "crumbs": [(reverse("home"), _("Overview"))],
        "steps": STEPS,
        "step": standing.step,
        "present": standing.word,
        "standing": standing,
        "reason": (job or {}).get("reason"),
        "nodes": nodes_said(job) if job is not None and standing.step >= 4 else [],
        "manifest": manifest,
        "can_close": can_close(survey, job),
    }


def title_of(survey: Survey) -> str:
    """Return a survey's title in the reader's language, or the first there is."""
    titles = survey.definition.get("title") or {}
    return str(titles.get(get_language() or "") or next(iter(titles.values()), survey.pk))


def _manifest(survey: Survey) -> Manifest | None:
    return None if survey.manifest is None else parse_manifest(bytes(survey.manifest))
