"""API tokens: made, shown once, revoked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clew.access import tokens
from clew.access.models import Token
from clew.base.sealing import seal, unseal
from clew.web.office.forms import TokenForm
from clew.web.office.requests import caller, clock, refusal

FRESH = "fresh_token"
PLACE = b"session:fresh token"


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The list, and once the secret that was just made."""
    return _page(request, TokenForm())


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Make a token; the next page shows its secret."""
    form, error = TokenForm(request.POST), None
    if form.is_valid():

        def issue() -> None:
            made = tokens.issue(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                by=caller(request),
                now=clock(),
            )
            request.session[FRESH] = seal(made[1].encode(), PLACE).hex()

        error = refusal(request, issue)
        if error is None:
            return redirect("office:tokens")
    return _page(request, form, error, status=422)


@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token for good."""
    tokens.revoke(token_id, by=caller(request), now=clock())
    messages.success(request, _("The token no longer opens anything."))
    return redirect("office:tokens")


def _page(
    request: HttpRequest, form: TokenForm, error: object = None, status: int = 200
) -> HttpResponse:
    fresh = request.session.pop(FRESH, "")
    context = {
        "form": form,
        "error": error,
        "fresh": unseal(bytes.fromhex(fresh), PLACE).decode() if fresh else "",
        "tokens": Token.objects.select_related("created_by").order_by("revoked_at", "-pk"),
    }
    return render(request, "office/tokens.html", context, status=status)
