"""The sign-in form."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _

from clew.access.passwords import LONGEST


class SignIn(LoginForm):  # type: ignore[misc]
    """User name or e-mail, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the fields in our words and bound them."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["login"] = forms.CharField(
            label=_("User name or e-mail"),
            max_length=254,
            widget=forms.TextInput(
                attrs={
                    "class": "form-control",
                    "autocomplete": "username",
                    "autocapitalize": "none",
                }
            ),
        )
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            max_length=LONGEST,
            strip=False,
            widget=forms.PasswordInput(
                attrs={"class": "form-control", "autocomplete": "current-password"}
            ),
        )
        self.order_fields(["login", "password"])
