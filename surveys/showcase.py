"""What the page of all components shows: made-up words and numbers."""

from fractions import Fraction

from django import forms
from django.core.paginator import Paginator
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from surveys.reporting import model
from surveys.reporting.charts import Look, draw
from surveys.reporting.words import Words


class SampleForm(forms.Form):
    """One field of every kind."""

    words = forms.CharField(label=_("Text"), help_text=_("The hint stands above the field."))
    number = forms.IntegerField(label=_("Number"), min_value=0, max_value=500)
    long = forms.CharField(label=_("Long text"), widget=forms.Textarea, required=False)
    pick = forms.ChoiceField(
        label=_("List"), choices=[("a", _("Hospital")), ("b", _("School"))]
    )
    one = forms.ChoiceField(
        label=_("One choice"),
        choices=[("y", _("Yes")), ("n", _("No"))],
        widget=forms.RadioSelect,
    )
    some = forms.MultipleChoiceField(
        label=_("Several choices"),
        choices=[("l", _("Logs")), ("m", _("Mail"))],
        widget=forms.CheckboxSelectMultiple,
    )
    sure = forms.BooleanField(label=_("I have read this"))
    file = forms.FileField(label=_("File"), required=False)


def _cells(*counts: int | None, whole: int) -> tuple[model.Cell, ...]:
    return tuple(
        model.Cell(key=("x",), count=n, share=None if n is None else Fraction(n, whole))
        for n in counts
    )


def _sample(kind: str, rows: list[tuple[str, tuple[int | None, ...]]], *columns: str) -> str:
    made = tuple(
        model.Row(label=label, short=label, said=True, total=100, cells=_cells(*n, whole=100))
        for label, n in rows
    )
    table = model.Table(
        id=kind,
        kind=kind,
        title=kind,
        columns=columns,
        rows=made,
        total=100,
        is_released=True,
        assurance="checked",
    )
    words = Words(get_language() or "en")
    chart = draw(table, Look(name=f"sample-{kind}", words=words))
    return "" if chart is None else chart.svg


def charts() -> list[tuple[str, SafeString]]:
    """Return every kind of chart, drawn from made-up numbers."""
    yes, no, perhaps = now("Yes"), now("No"), now("Perhaps")
    points: list[tuple[str, tuple[int | None, ...]]] = [
        ("1", (None,)),
        ("2", (27,)),
        ("3", (88,)),
        ("4", (76,)),
        ("5", (None,)),
    ]
    some: list[tuple[str, tuple[int | None, ...]]] = [
        (yes, (48,)),
        (no, (31,)),
        (perhaps, (None,)),
    ]
    many: list[tuple[str, tuple[int | None, ...]]] = [
        (now("Hospital"), (50, 30, 20)),
        (now("School"), (70, None, None)),
    ]
    drawn = [
        (now("Choices: bars"), _sample(model.CHOICES, some)),
        (now("Order: columns"), _sample(model.ORDERED, points)),
        (now("Same options: bars in parts"), _sample(model.MATRIX, many, yes, no, perhaps)),
        (now("Ranking: a grid"), _sample(model.RANKING, many, "1", "2", "3")),
        (now("Groups: parts of each"), _sample(model.GROUPS, many, yes, no, perhaps)),
    ]
    return [(title, mark_safe(svg)) for title, svg in drawn]  # noqa: S308  # our own drawing


def showcase() -> dict[str, object]:
    """Return the context of the page: forms, steps, pages of a list, colours."""
    right = {"words": "Waterland", "number": 12, "pick": "a", "one": "y", "some": ["l"]}
    return {
        "plain": SampleForm(initial=right, prefix="plain"),
        "wrong": SampleForm({"wrong-words": "", "wrong-number": "900"}, prefix="wrong"),
        "steps": [
            _("Drafted"),
            _("Approved"),
            _("Open"),
            _("Closed"),
            _("Computed"),
            _("Released"),
        ],
        "charts": charts(),
        "page": Paginator(range(50), 10).page(2),
        "colours": [
            "paper",
            "stone",
            "rule",
            "ink",
            "soft",
            "edge",
            "act",
            "act-low",
            "on-act",
            "line",
            "hatch",
            "wait",
            "stop",
            "wash",
            "info",
            "bar",
            "bar-2",
            "bar-3",
            "bar-4",
            "bar-5",
            "focus",
        ],
    }
