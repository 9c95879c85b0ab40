"""Fields of texts in several languages, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from surveys.formats.texts import NAMES_WRITTEN, tidy

LONGEST_TITLE = 500


def side_by_side(
    form: forms.Form, key: str, languages: Sequence[str]
) -> list[forms.BoundField]:
    """Return a text's fields, one a language."""
    return [form[f"{key}_{language}"] for language in languages]


def words(label: object, language: str, initial: str, *, wide: bool = False) -> forms.CharField:
    """Return the field of a text in one language."""
    name = NAMES_WRITTEN.get(language, language)
    widget = forms.Textarea(attrs={"rows": 2}) if wide else forms.TextInput()
    widget.attrs |= {"lang": language, "class": "field"}
    return forms.CharField(
        label=f"{label} – {name}",
        initial=initial,
        required=False,
        max_length=10_000 if wide else LONGEST_TITLE,
        widget=widget,
    )


def said(cleaned: Mapping[str, Any], key: str, languages: Sequence[str]) -> dict[str, str]:
    """Return a text by language, without the empty ones."""
    found = {language: tidy(cleaned.get(f"{key}_{language}") or "") for language in languages}
    return {language: text for language, text in found.items() if text}
