"""The fields of a hosted form."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clew.capture.rules import Draft, reach_of


class AskForm(forms.Form):
    """One way of reaching the person, and what they want. `company_site` is a trap for machines."""

    reach = forms.CharField(
        max_length=120,
        error_messages={"required": _("Leave a phone number or a WeChat id, so we can reach you.")},
    )
    message = forms.CharField(max_length=4000, required=False, strip=True)
    company_site = forms.CharField(required=False)
    ticket = forms.CharField(required=False)
    proof = forms.CharField(required=False, max_length=20)

    def clean_reach(self) -> str:
        """Accept whatever lets us reach the person."""
        text: str = self.cleaned_data["reach"]
        if reach_of(text) is None:
            raise forms.ValidationError(
                gettext("We cannot reach you with this. Check the number or the WeChat id.")
            )
        return text

    @property
    def draft(self) -> Draft:
        """What the valid fields say."""
        return reach_of(self.cleaned_data["reach"]) or Draft()
