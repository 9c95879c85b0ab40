"""Forms of the pages of results."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

LARGEST_FILE = 16 * 1024 * 1024


class FindForm(forms.Form):
    """Ask for a survey's number."""

    survey = forms.CharField(
        label=_("Number of the survey"),
        help_text=_("It stands in your receipt and in the address of the survey."),
        max_length=32,
        validators=[RegexValidator(r"\A[0-9a-f]{32}\Z", _("Give 32 characters, 0-9 and a-f."))],
    )


class VerifyForm(forms.Form):
    """Ask for a result file."""

    result = forms.FileField(
        label=_("Signed result (JSON)"),
        help_text=_("Drop the file on the button, or choose it."),
    )

    def clean_result(self) -> bytes:
        """Return the file's bytes; refuse one that no result can be."""
        given = self.cleaned_data["result"]
        if given.size > LARGEST_FILE:
            raise forms.ValidationError(_("This file is too large to be a result."))
        return bytes(given.read())
