"""Forms of inviting and reminding."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.addresses import MOST, Addresses, read_addresses

MOST_LETTERS = 200
LARGEST_LIST = 256 * 1024


class LettersForm(forms.Form):
    """Ask for how many letters codes are made."""

    count = forms.IntegerField(
        label=_("How many letters"),
        min_value=1,
        max_value=MOST_LETTERS,
        help_text=_("At most 200 at a time."),
    )


class AddressesForm(forms.Form):
    """Ask for addresses, pasted or in a file."""

    pasted = forms.CharField(
        label=_("Addresses, one a line"),
        required=False,
        max_length=LARGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 6, "class": "field", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=_("Or a file (CSV) with a column of addresses"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Read the addresses; refuse none, too many, or lines that are none."""
        cleaned = super().clean() or {}
        text = cleaned.get("pasted") or ""
        file = cleaned.get("file")
        if file is not None:
            if file.size > LARGEST_LIST:
                raise forms.ValidationError(gettext("The list is too long; send it in parts."))
            try:
                text += "\n" + file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise forms.ValidationError(
                    gettext("Save the file as UTF-8 and retry.")
                ) from None
        found = read_addresses(text.strip("\n"))
        if found.wrong:
            lines = ", ".join(str(line) for line in found.wrong[:20])
            raise forms.ValidationError(
                gettext("No address on line %(lines)s.") % {"lines": lines}
            )
        if not 1 <= len(found.good) <= MOST:
            raise forms.ValidationError(
                gettext("Give 1 to %(most)s addresses at a time.") % {"most": MOST}
            )
        cleaned["addresses"] = found
        return cleaned

    def addresses(self) -> Addresses:
        """Return the addresses that were read."""
        found = self.cleaned_data["addresses"]
        if not isinstance(found, Addresses):
            raise TypeError
        return found
