"""Signing in and out."""

from typing import Any

from allauth.account.views import LoginView
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from clew.access.queries import demo_accounts


class SignInView(LoginView):  # type: ignore[misc]
    """allauth's sign-in with our page."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the accounts that a loaded demo lends."""
        return {
            **super().get_context_data(**kwargs),
            "demo_accounts": demo_accounts(get_language() or "en"),
        }


sign_in = SignInView.as_view()


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    return redirect("account_login")
