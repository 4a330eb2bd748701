"""One's own page: language, light or dark, shortcuts, password."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clew.access import actions
from clew.web.office.forms import PasswordForm
from clew.web.office.requests import caller, clock, refusal


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The page."""
    return render(request, "office/me.html", {"form": PasswordForm()})


@require_POST
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Switch single keys on or off."""
    actions.set_shortcuts(caller(request), are_on=request.POST.get("shortcuts") == "on")
    return redirect("office:me")


@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; other sessions end, this one stays."""
    form, member, error = PasswordForm(request.POST), caller(request), None
    if form.is_valid():
        error = refusal(
            request,
            lambda: actions.change_password(member, now=clock(), **form.cleaned_data),
        )
        if error is None:
            member.refresh_from_db()
            update_session_auth_hash(request, member)
            messages.success(request, _("The new password holds from now on."))
            return redirect("office:me")
    return render(request, "office/me.html", {"form": form, "error": error}, status=422)
