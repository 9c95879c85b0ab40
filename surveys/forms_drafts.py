"""Forms of the pages on which a draft is made, written and planned."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.strict import format_time
from surveys.formats.guards import LARGEST_FILE
from surveys.formats.texts import NAMES_WRITTEN
from surveys.forms_texts import said, side_by_side, words

LANGUAGES = [(tag, name) for tag, name in NAMES_WRITTEN.items() if tag not in {"ar"}]
Row = dict[str, Any]


class NewDraftForm(forms.Form):
    """Ask for the languages of an empty draft."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=LANGUAGES,
        initial=["nl", "en"],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The first one is what a reader sees whose language is missing."),
    )


class ImportForm(forms.Form):
    """Ask for a file to import, and in which language it is where it does not say."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("XLSForm (.xlsx), LimeSurvey (.lss), SurveyJS or Drempel (.json)."),
    )
    language = forms.ChoiceField(
        label=_("Language of texts that name none"), choices=LANGUAGES, initial="nl"
    )

    def clean_file(self) -> Any:
        """Refuse a file that is too large to be read."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(
                gettext("The file is over 4 MiB; send a smaller one."), code="too_large"
            )
        return file


class KeepForm(forms.Form):
    """Carry an imported definition from its report to "Keep"."""

    definition = forms.CharField(widget=forms.HiddenInput)

    def clean_definition(self) -> JSON:
        """Return the definition; it is checked again when it is stored."""
        try:
            return json.loads(self.cleaned_data["definition"])
        except (ValueError, RecursionError):
            raise forms.ValidationError(gettext("Import the file again.")) from None


class HeadForm(forms.Form):
    """Ask for title and introduction in every language, and for the terms of the tables."""

    unit = forms.ChoiceField(
        label=_("Who answers"),
        choices=[("person", _("people")), ("organisation", _("organisations"))],
    )
    min_count = forms.IntegerField(
        label=_("Smallest count that is shown"),
        min_value=1,
        max_value=1_000_000,
        help_text=_(
            "A number below this is never shown, to nobody. Operators may ask for more."
        ),
    )

    def __init__(self, data: Any = None, *, content: JSON) -> None:
        self.languages: list[str] = content["languages"]
        initial: Row = {key: content[key] for key in ("unit", "min_count")}
        super().__init__(data, initial=initial)
        for key, label, wide in (
            ("title", _("Title"), False),
            ("introduction", _("Introduction"), True),
        ):
            for language in self.languages:
                self.fields[f"{key}_{language}"] = words(
                    label, language, content[key].get(language, ""), wide=wide
                )

    def title_pairs(self) -> list[forms.BoundField]:
        """Return the title's fields, one a language, to stand side by side."""
        return side_by_side(self, "title", self.languages)

    def introduction_pairs(self) -> list[forms.BoundField]:
        """Return the introduction's fields."""
        return side_by_side(self, "introduction", self.languages)

    def texts(self, key: str) -> dict[str, str]:
        """Return a text by language, without the empty ones."""
        return said(self.cleaned_data, key, self.languages)


class PlanForm(forms.Form):
    """Ask how many will be invited and from when until when answers are taken."""

    expected = forms.IntegerField(
        label=_("How many will be invited"), min_value=1, max_value=1_000_000, required=False
    )
    opens = forms.DateTimeField(
        label=_("Opens"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Universal time (UTC)."),
    )
    closes = forms.DateTimeField(
        label=_("Closes"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Universal time (UTC)."),
    )
    looked_at = forms.BooleanField(
        label=_("I looked at every question that may identify somebody, and it is needed."),
        required=False,
    )

    def plan(self) -> dict[str, JSON]:
        """Return what was decided, as a draft keeps it."""
        given = self.cleaned_data
        found: dict[str, JSON] = {
            "expected": given["expected"],
            "looked_at": given["looked_at"],
        }
        for key in ("opens", "closes"):
            moment = given[key]
            found[key] = moment and format_time(moment.astimezone(UTC).replace(microsecond=0))
        return found

    @staticmethod
    def initial_of(plan: Mapping[str, JSON]) -> Row:
        """Return a plan as the fields show it."""
        found = dict(plan)
        for key in ("opens", "closes"):
            text = plan.get(key)
            found[key] = datetime.fromisoformat(str(text)) if text else None
        return found


class LanguagesForm(forms.Form):
    """Ask in which languages a draft is written."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=LANGUAGES, widget=forms.CheckboxSelectMultiple
    )
