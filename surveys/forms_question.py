"""The form of one question: texts, answers, rows, limits, and who is asked."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import Value
from surveys.formats.bands import is_day
from surveys.formats.logic import whole
from surveys.formats.texts import make_id
from surveys.forms_texts import said, side_by_side, words

SPARE_ROWS = 3


class QuestionForm(forms.Form):
    """Ask for everything of one question, every language side by side.

    Answers and rows are lines: a place, a text a language, and a tick to take one away; three
    empty lines wait for more. What an answer is called in rules never changes.
    """

    required = forms.BooleanField(label=_("Must be answered"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        question: dict[str, JSON],
        languages: Sequence[str],
        before: Mapping[str, tuple[Value, ...]],
        named: Mapping[str, list[tuple[str, str]]],
        shown: JSON,
    ) -> None:
        self.question, self.languages, self.before = question, list(languages), before
        super().__init__(data, initial={"required": question["required"]})
        for language in languages:
            for key, label in (("title", _("Question")), ("hint", _("Explanation"))):
                self.fields[f"{key}_{language}"] = words(
                    label, language, question.get(key, {}).get(language, ""), wide=True
                )
        for key in ("rows", "options"):
            if key in question:
                self._lines(key, question[key])
        self._bounds()
        if named:
            self.fields["rule"] = forms.MultipleChoiceField(
                label=_("Ask only who answered"),
                choices=[(title, choices) for title, choices in named.items()],
                required=False,
                initial=_ticked(shown, before),
                widget=forms.SelectMultiple(attrs={"class": "field", "size": 8}),
                help_text=_(
                    "Choose answers of one earlier question. With none, everybody is asked."
                ),
            )

    def _lines(self, key: str, lines: JSON) -> None:
        for at in range(len(lines) + SPARE_ROWS):
            known = lines[at]["title"] if at < len(lines) else {}
            self.fields[f"{key}_{at}_place"] = forms.IntegerField(
                label=_("Place"),
                initial=at + 1,
                required=False,
                widget=forms.NumberInput(attrs={"class": "field short", "min": 1}),
            )
            for language in self.languages:
                self.fields[f"{key}_{at}_{language}"] = words(
                    _("Answer") if key == "options" else _("Row"),
                    language,
                    known.get(language, ""),
                )
            if at < len(lines):
                self.fields[f"{key}_{at}_gone"] = forms.BooleanField(
                    label=_("Take away"), required=False
                )

    def _bounds(self) -> None:
        kind, given = self.question["kind"], self.question
        for key, label in _BOUNDS.get(kind, ()):
            value = given.get(key)
            if key == "bins":
                text = ", ".join(str(one) for one in value or ())
                self.fields[key] = forms.CharField(
                    label=label,
                    initial=text,
                    required=False,
                    max_length=2000,
                    help_text=_("Where each band begins, smallest first. Empty: no table."),
                )
            elif kind == "date":
                self.fields[key] = forms.DateField(
                    label=label,
                    initial=value,
                    widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
                )
            else:
                self.fields[key] = forms.IntegerField(label=label, initial=value)
            self.fields[key].widget.attrs["class"] = "field short"

    def title_pairs(self) -> list[forms.BoundField]:
        """Return the question's fields, one a language, to stand side by side."""
        return side_by_side(self, "title", self.languages)

    def hint_pairs(self) -> list[forms.BoundField]:
        """Return the explanation's fields."""
        return side_by_side(self, "hint", self.languages)

    def rule_field(self) -> forms.BoundField | None:
        """Return the rule's field, or None where no earlier question can be looked at."""
        return self["rule"] if "rule" in self.fields else None

    def lines(self, key: str) -> list[dict[str, Any]]:
        """Return the fields of answers or rows, a line each."""
        found = []
        for at in range(len(self.question.get(key, ())) + SPARE_ROWS):
            gone = f"{key}_{at}_gone"
            found.append(
                {
                    "number": at + 1,
                    "place": self[f"{key}_{at}_place"],
                    "texts": [self[f"{key}_{at}_{language}"] for language in self.languages],
                    "gone": self[gone] if gone in self.fields else None,
                }
            )
        return found

    def option_lines(self) -> list[dict[str, Any]]:
        """Return the lines of answers, or none."""
        return self.lines("options") if "options" in self.question else []

    def row_lines(self) -> list[dict[str, Any]]:
        """Return the lines of a matrix's rows, or none."""
        return self.lines("rows") if "rows" in self.question else []

    def bounds(self) -> list[forms.BoundField]:
        """Return the fields of the kind's limits."""
        return [self[key] for key, _label in _BOUNDS.get(self.question["kind"], ())]

    def clean_bins(self) -> list[JSON]:
        """Return bands as numbers or days, in the order given."""
        texts = self.cleaned_data["bins"].replace(";", ",").split(",")
        parts = [part.strip() for part in texts if part.strip()]
        is_number = self.question["kind"] == "number"
        found: list[JSON] = [whole(one) if is_number else one for one in parts]
        wrong = any(one is None or (not is_number and not is_day(str(one))) for one in found)
        if wrong or found != sorted(set(found), key=lambda one: (one is None, one)):
            raise forms.ValidationError(
                gettext("Give where each band begins, smallest first, with commas between.")
            )
        return found

    def clean_rule(self) -> JSON:
        """Return the condition of the answers chosen, or None."""
        chosen = [json.loads(one) for one in self.cleaned_data["rule"]]
        tables = {table for table, _value in chosen}
        if len(tables) > 1:
            raise forms.ValidationError(gettext("Choose answers of one question only."))
        if not chosen:
            return None
        values = [value for _table, value in chosen]
        op = "=" if len(values) == 1 else "in"
        return {"var": tables.pop(), "op": op, "value": values if op == "in" else values[0]}

    def clean(self) -> dict[str, Any]:
        """Check what looks at two fields: limits in order, bands that begin at the lowest."""
        cleaned = super().clean() or {}
        low, high, bins = cleaned.get("min"), cleaned.get("max"), cleaned.get("bins")
        if low is not None and high is not None and low > high:
            self.add_error("max", gettext("This is below the lowest value."))
        elif low is not None and bins and str(bins[0]) != str(low):
            self.add_error("bins", gettext("The first band begins at the lowest value."))
        elif high is not None and bins and _above(bins[-1], high):
            self.add_error("bins", gettext("The last band begins above the highest value."))
        return cleaned

    def made(self) -> dict[str, JSON]:
        """Return the question as it was filled in."""
        cleaned = self.cleaned_data
        made = {
            **self.question,
            "title": said(cleaned, "title", self.languages),
            "hint": said(cleaned, "hint", self.languages),
            "required": cleaned["required"],
        }
        for key in ("rows", "options"):
            if key in made:
                made[key] = self._made_lines(key)
        for key, _label in _BOUNDS.get(made["kind"], ()):
            value = cleaned[key]
            made[key] = value.isoformat() if hasattr(value, "isoformat") else value
        if made["kind"] == "multiple":
            made["max"] = max(1, min(made["max"], max(1, len(made["options"]))))
            made["min"] = max(0, min(made["min"], made["max"]))
        return made

    def _made_lines(self, key: str) -> list[JSON]:
        known, cleaned = self.question[key], self.cleaned_data
        ids = {one["id"] for one in known}
        kept: list[tuple[int, int, JSON]] = []
        for at in range(len(known) + SPARE_ROWS):
            title = said(cleaned, f"{key}_{at}", self.languages)
            if cleaned.get(f"{key}_{at}_gone") or (not title and at >= len(known)):
                continue
            if at < len(known):
                one = {"id": known[at]["id"], "title": title}
            else:
                prefix = "o" if key == "options" else "r"
                fresh = make_id(next(iter(title.values()))[:30].lower(), ids, prefix)
                ids.add(fresh)
                one = {"id": fresh, "title": title}
            kept.append((cleaned.get(f"{key}_{at}_place") or at + 1, at, one))
        return [one for _place, _at, one in sorted(kept, key=lambda line: line[:2])]


_BOUNDS: dict[str, tuple[tuple[str, Any], ...]] = {
    "multiple": (("min", _("Fewest ticks")), ("max", _("Most ticks"))),
    "number": (
        ("min", _("Lowest value")), ("max", _("Highest value")), ("bins", _("Bands")),
    ),
    "scale": (("min", _("First point")), ("max", _("Last point"))),
    "date": (("min", _("First day")), ("max", _("Last day")), ("bins", _("Bands"))),
    "text": (("max_bytes", _("Longest answer, in bytes")),),
}  # fmt: skip


def rule_key(table: str, value: Value) -> str:
    """Return an answer as the rule's field sends it."""
    return json.dumps([table, value])


def _ticked(shown: JSON, before: Mapping[str, tuple[Value, ...]]) -> list[str]:
    if shown is None or shown["var"] not in before:
        return []
    values = shown["value"] if isinstance(shown["value"], list) else [shown["value"]]
    cells = before[shown["var"]]
    met = [cell for cell in cells if (cell in values) == (shown["op"] != "!=")]
    return [rule_key(shown["var"], cell) for cell in met]


def _above(low: JSON, high: object) -> bool:
    if isinstance(low, int) and isinstance(high, int):
        return low > high
    return str(low) > str(high)
