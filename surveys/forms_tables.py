"""Forms of a draft's tables of two questions, and of its rehearsal."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mpcengine.protocol.canonical import JSON
from surveys.drafting.rehearsal import MOST_RESPONDENTS

SPARE = 2


class TablesForm(forms.Form):
    """Ask which questions are counted against each other: pairs, and two empty ones."""

    def __init__(
        self, *args: Any, choices: list[tuple[str, str]], pairs: JSON, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        known = [tuple(pair["questions"]) for pair in pairs]
        self._count = len(known) + SPARE
        gone = {side for pair in known for side in pair} - {name for name, _said in choices}
        listed = [("", "–"), *choices, *((name, name) for name in sorted(gone))]
        for at in range(self._count):
            pair = known[at] if at < len(known) else ("", "")
            for side, name in enumerate(("left", "right")):
                label = _("Table %(n)s, rows") if name == "left" else _("Table %(n)s, columns")
                self.fields[f"{name}_{at}"] = forms.ChoiceField(
                    label=label % {"n": at + 1},
                    choices=listed,
                    initial=pair[side],
                    required=False,
                    widget=forms.Select(attrs={"class": "field"}),
                )

    def clean(self) -> dict[str, Any]:
        """Refuse half a table."""
        cleaned = super().clean() or {}
        for at in range(self._count):
            if bool(cleaned.get(f"left_{at}")) != bool(cleaned.get(f"right_{at}")):
                self.add_error(f"right_{at}", gettext("Choose two questions, or none."))
        return cleaned

    def pairs(self) -> list[JSON]:
        """Return the tables that were chosen."""
        given = self.cleaned_data
        return [
            {"questions": [given[f"left_{at}"], given[f"right_{at}"]]}
            for at in range(self._count)
            if given[f"left_{at}"]
        ]


class RehearsalForm(forms.Form):
    """Ask for how many people answers are invented."""

    respondents = forms.IntegerField(
        label=_("How many invented answers"), min_value=1, max_value=MOST_RESPONDENTS
    )
