"""Errors, rendered once: as a page for people, as an RFC 9457 problem for programs."""

import logging
import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clew.base.away import AWAY, commits
from clew.errors import (
    ClewError,
    Denied,
    Missing,
    OutcomeUnknown,
    StoredPerhaps,
    Unavailable,
)

logger = logging.getLogger("clew.web")

TITLES = {
    400: gettext_noop("This cannot be read"),
    401: gettext_noop("Sign in first"),
    403: gettext_noop("This is not open to you"),
    404: gettext_noop("Nothing here"),
    405: gettext_noop("This address does not take that"),
    408: gettext_noop("Too slow"),
    409: gettext_noop("Somebody was faster"),
    413: gettext_noop("Too large"),
    422: gettext_noop("This cannot be used"),
    429: gettext_noop("Too many tries"),
    500: gettext_noop("Something broke"),
    503: gettext_noop("Not reachable for a moment"),
}
ADVICE = {
    400: gettext_noop("Go back and try once more."),
    401: gettext_noop("Sign in and open the page again."),
    403: gettext_noop("Ask an administrator if you need it for your work."),
    404: gettext_noop("It was moved, or it belongs to somebody else."),
    405: gettext_noop("Go back and use the buttons of the page."),
    408: gettext_noop("Nothing was stored. Send it again over a better connection."),
    409: gettext_noop("Open the page again to see how it stands now."),
    413: gettext_noop("Send less than 10 MB at a time."),
    422: gettext_noop("Go back, mend it and send it again."),
    429: gettext_noop("Wait a few minutes, then try again."),
    500: gettext_noop("It is on record. Try again; if it stays, pass on the reference below."),
    503: gettext_noop("Nothing was stored. What you typed is kept here; try again shortly."),
}
ADVICE_BY_CODE = {
    "csrf": gettext_noop("Open the page again and send it from there."),
    "outcome_unknown": gettext_noop("What you typed is kept here. Press once more in a moment."),
    "stored_perhaps": gettext_noop("What you typed is kept here; press only if it is not there."),
}
SENT_ONCE = {
    "once",
    "ticket",
    "call_id",
}  # by which a page's form counts once, however often it is sent
TYPED_LIMIT = 100  # fields that the page offers to send again


class NotSignedIn(ClewError):
    """You are not signed in."""

    code = "not_signed_in"
    status = 401


class TokenNeeded(ClewError):
    """Send a valid token in the header Authorization: Bearer clew_…. An administrator can make one."""

    code = "token_needed"
    status = 401


class ScopeMissing(Denied):
    """This token may not do that. Use one with the scope that the document names."""

    code = "scope_missing"


class TooLarge(ClewError):
    """What was sent is too large."""

    code = "too_large"
    status = 413


class TooSlow(ClewError):
    """What was sent did not arrive in time."""

    code = "too_slow"
    status = 408


class NotAllowedHere(ClewError):
    """This address does not take that."""

    code = "method_not_allowed"
    status = 405


class Unreadable(ClewError):
    """What was sent cannot be read."""

    code = "unreadable"
    status = 400


class NoToken(Denied):
    """The page was too old, or the form did not come from here."""

    code = "csrf"


class Broken(ClewError):
    """Something did not work, and it is not your doing."""

    code = "broken"


def render(request: HttpRequest, error: ClewError) -> HttpResponse:
    """Show `error` in the form that the caller understands."""
    if type(error) is Unavailable:
        error = _of_what_is_known(request)
    if request.path.startswith("/api/") or _wants_json(request):
        return problem(request, error)
    status = error.status
    context = {
        "status": status,
        "title": _(TITLES.get(status, TITLES[500])),
        "message": _(error.message),
        "advice": _(ADVICE_BY_CODE.get(error.code) or ADVICE.get(status, ADVICE[500])),
        "reference": getattr(request, "reference", ""),
        "retry": request.get_full_path() if _may_help_to_repeat(request, status) else "",
        "sign_in": reverse("account_login") if status == NotSignedIn.status else "",
        "typed": _typed(request) if status == Unavailable.status else [],
        "action": request.path,
    }
    return HttpResponse(render_to_string("errors/page.html", context, None), status=status)


def problem(request: HttpRequest, error: ClewError) -> JsonResponse:
    """RFC 9457, in the same shape as the bare route's: the code is stable, the rest are words."""
    body = {
        "type": f"urn:clew:problem:{error.code}",
        "title": _(TITLES.get(error.status, TITLES[500])),
        "status": error.status,
        "detail": _(error.message),
        "code": error.code,
        "instance": f"urn:clew:request:{getattr(request, 'reference', '')}",
        **error.details,
    }
    response = JsonResponse(body, status=error.status, content_type="application/problem+json")
    if error.status == NotSignedIn.status:
        response["WWW-Authenticate"] = "Bearer"
    return response


def of(exception: BaseException | None) -> ClewError:
    """The error to show for any exception: nothing of its inside leaves the house."""
    if isinstance(exception, ClewError):
        return exception
    if isinstance(exception, AWAY):
        return Unavailable()
    return Broken()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: also where the database went away before the session was saved, which Django calls that."""
    met: BaseException | None = exception
    while met is not None and not isinstance(met, AWAY):
        met = met.__context__
    return render(request, Unavailable() if met else Unreadable())


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return render(request, Denied())


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    return render(request, Missing())


def broken(request: HttpRequest) -> HttpResponse:
    """handler500: also where a middleware met a ClewError or a database that is away."""
    return render(request, of(sys.exc_info()[1]))


def no_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW."""
    logger.warning("refused without CSRF token: %s", reason)
    return render(request, NoToken())


def _of_what_is_known(request: HttpRequest) -> Unavailable:
    """Nothing was stored only where no transaction of this request may be."""
    if request.method in {"GET", "HEAD"} or commits() == getattr(request, "commits", commits()):
        return Unavailable()
    return OutcomeUnknown() if SENT_ONCE & request.POST.keys() else StoredPerhaps()


def _may_help_to_repeat(request: HttpRequest, status: int) -> bool:
    is_passing = status >= 500 or status in {409, 429}
    return is_passing and request.method in {"GET", "HEAD"}


def _wants_json(request: HttpRequest) -> bool:
    accepts = request.headers.get("Accept", "")
    return "json" in accepts and "text/html" not in accepts


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    if request.method != "POST":
        return []
    pairs = [(k, v) for k, values in request.POST.lists() for v in values]
    return [(k, v) for k, v in pairs if "password" not in k][:TYPED_LIMIT]
