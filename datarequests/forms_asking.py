"""The form in which a question is written, and the one in which somebody gives a reason."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datarequests.words_holding import TYPES
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.request import (
    COMPARE,
    CONTACT_MODES,
    DEFAULT_MIN_COUNT,
    DEFAULT_MIN_ORGANISATIONS,
    HIT,
    ITEMS,
    MATCH,
    NONE,
    parse_request,
)
from mpcengine.protocol.schemas_request import REQUEST_FORMAT

LONGEST_TEXT = 2_000
SIZES = [(1 << power, f"{1 << power:,}".replace(",", " ")) for power in range(6, 25)]
_CONTACT = {
    NONE: _("no"),
    "pre": _("yes: holders say beforehand whether they want it"),
    "post": _("yes: holders say it once they know whether they have a hit"),
    "mailbox": _("yes: under a pseudonym at first"),
}
# Empty fields get the defaults of §19.1.
_MATCH_KEYS = ("min_organisations", "holder_feedback", "leave_one_out", "extremes", "contact")
_COMPARE_KEYS = ("list_sizes",)


class QuestionForm(forms.Form):
    """A question in both languages; what it leaves open gets the defaults of the format."""

    title_nl = forms.CharField(label=_("Question, in Dutch"), max_length=200, required=False)
    title_en = forms.CharField(label=_("Question, in English"), max_length=200, required=False)
    purpose_nl = forms.CharField(
        label=_("What for, in Dutch"),
        help_text=_("Holders decide by this, and it stands in the public register."),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    purpose_en = forms.CharField(
        label=_("What for, in English"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    kind = forms.ChoiceField(
        label=_("What do you want to know?"),
        choices=[
            (MATCH, _("Does anybody hold something on my list?")),
            (COMPARE, _("How much do two or more lists overlap?")),
        ],
        widget=forms.RadioSelect,
        initial=MATCH,
    )
    identifier = forms.MultipleChoiceField(
        label=_("Kind of values"),
        choices=list(TYPES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    list_size = forms.TypedChoiceField(
        label=_("Most values on your list"),
        help_text=_("Only this number is public. Your list is filled up to it."),
        choices=SIZES,
        coerce=int,
        initial=1024,
    )
    min_count = forms.IntegerField(
        label=_("Smallest count that is shown"),
        help_text=_("Of indicators or common values; nodes may ask for more."),
        min_value=1,
        max_value=1_000_000,
        initial=DEFAULT_MIN_COUNT,
    )
    min_organisations = forms.IntegerField(
        label=_("Smallest number of organisations that is shown"),
        help_text=_("For a question whether anybody holds something."),
        min_value=1,
        max_value=255,
        initial=DEFAULT_MIN_ORGANISATIONS,
    )
    holder_feedback = forms.ChoiceField(
        label=_("What does each holder learn, alone?"),
        choices=[
            ("", _("as is usual for these values")),
            (ITEMS, _("which of her own values you asked for")),
            (HIT, _("only whether there was one")),
            (NONE, _("nothing")),
        ],
        required=False,
    )
    contact = forms.ChoiceField(
        label=_("May organisations with a hit get in touch with you?"),
        choices=[(name, _CONTACT[name]) for name in (NONE, *CONTACT_MODES)],
        initial=NONE,
    )
    list_sizes = forms.BooleanField(
        label=_("Comparing: the sizes of lists may be learnt from the answer"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Read what was given as a question; say what does not fit beside its field."""
        given = super().clean() or self.cleaned_data
        self._check_languages(given)
        if not self.errors:
            try:
                self.definition = parse_request(self._definition(given)).to_json()
            except MalformedInput as error:
                self.add_error(None, forms.ValidationError(str(error)))
        return given

    def _check_languages(self, given: dict[str, Any]) -> None:
        languages = [one for one in ("nl", "en") if given.get(f"title_{one}")]
        if not languages:
            self.add_error("title_nl", _("Write the question in at least one language."))
        for one in ("nl", "en"):
            if bool(given.get(f"title_{one}")) != bool(given.get(f"purpose_{one}")):
                missing = "purpose" if given.get(f"title_{one}") else "title"
                self.add_error(f"{missing}_{one}", _("Write both or neither in a language."))

    def _definition(self, given: dict[str, Any]) -> JSON:
        texts = {
            name: {
                one: given[f"{name}_{one}"] for one in ("nl", "en") if given[f"{name}_{one}"]
            }
            for name in ("title", "purpose")
        }
        keys = _MATCH_KEYS if given["kind"] == MATCH else _COMPARE_KEYS
        more = {key: given[key] for key in keys if given.get(key) not in (None, "")}
        head = {"format": REQUEST_FORMAT, "kind": given["kind"], **texts}
        return {
            **head,
            "identifier": given["identifier"],
            "min_count": given["min_count"],
            **more,
        }


def initial_of(definition: dict[str, Any], list_size: int) -> dict[str, Any]:
    """Return a stored question as the form shows it."""
    texts = {
        f"{name}_{one}": definition[name].get(one, "")
        for name in ("title", "purpose")
        for one in ("nl", "en")
    }
    return {**definition, **texts, "list_size": list_size}


class ReasonForm(forms.Form):
    """Ask for a reason, which who asked reads."""

    reason = forms.CharField(
        label=_("Reason"), help_text=_("Who asked reads it."), max_length=400
    )


class PrepareForm(forms.Form):
    """What a coordinator chooses before the question is signed; the page's program sends it."""

    holders = forms.MultipleChoiceField(
        label=_("Holders to ask"),
        help_text=_("One key of each organisation. They are named in the signed question."),
        widget=forms.CheckboxSelectMultiple,
    )
    approvers = forms.MultipleChoiceField(
        label=_("Approvers"),
        help_text=_("Nobody approves what she or her own organisation asks."),
        widget=forms.CheckboxSelectMultiple,
    )
    needed = forms.IntegerField(
        label=_("How many of them must approve"), min_value=1, max_value=16, initial=2
    )
    holder_size = forms.TypedChoiceField(
        label=_("Most values on a holder's list"),
        help_text=_("Every list is filled up to this number, so that none stands out."),
        choices=SIZES,
        coerce=int,
        initial=65_536,
    )
    consenting = forms.IntegerField(
        label=_("Days to consent"), min_value=1, max_value=90, initial=14
    )
    contributing = forms.IntegerField(
        label=_("Days to hand in lists after that"), min_value=1, max_value=30, initial=3
    )
    give_up_after_days = forms.IntegerField(
        label=_("Days until nodes give up on a node that does not return"),
        min_value=1,
        max_value=365,
        initial=30,
    )

    def __init__(
        self, holders: list[tuple[int, str]], approvers: list[tuple[int, str]]
    ) -> None:
        """Offer the keys of holders and of approvers, by number and words."""
        super().__init__()
        for name, choices in (("holders", holders), ("approvers", approvers)):
            self.fields[name].widget.choices = choices
