"""What the page of all components shows: made-up words and numbers."""

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _


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
