"""What surrounds every page of Django: headers and reference, language, errors, permission."""

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode

from clew.access.models import Member
from clew.access.tokens import find
from clew.base.away import commits
from clew.errors import ClewError, Denied, Unavailable
from clew.web import errors, headers, logs
from clew.web.permissions import is_allowed

Respond = Callable[[HttpRequest], HttpResponse]
FLAG_TOO_LARGE = "clew.too_large"
FLAG_TOO_SLOW = "clew.too_slow"
AGAIN_SECONDS = "10"  # a database that restarts is back after this
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


class Envelope:
    """Gives every request a reference and every response the strict headers."""

    def __init__(self, respond: Respond) -> None:
        """Keep what comes next."""
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Wrap one request."""
        reference = secrets.token_hex(5)
        request.reference = reference  # type: ignore[attr-defined]
        request.nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        request.commits = commits()  # type: ignore[attr-defined]
        logs.reference.set(reference)
        response = self.respond(request)
        for name, value in headers.strict(request.nonce).items():  # type: ignore[attr-defined]
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-Id"] = reference
        if response.status_code == Unavailable.status:
            response.headers.setdefault("Retry-After", AGAIN_SECONDS)
        return response


class Language:
    """Speaks the member's language, else the cookie's, else the browser's."""

    def __init__(self, respond: Respond) -> None:
        """Keep what comes next."""
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Wrap one request."""
        translation.activate(translation.get_language_from_request(request))
        own = request.user.language if isinstance(request.user, Member) else ""
        if own in dict(settings.LANGUAGES):
            translation.activate(own)
        request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        response = self.respond(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


class Errors:
    """Turns what went wrong into a page or a problem."""

    def __init__(self, respond: Respond) -> None:
        """Keep what comes next."""
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse what is too large or too slow; dress Django's bare 405."""
        if request.META.get(FLAG_TOO_LARGE):
            return errors.render(request, errors.TooLarge())
        if request.META.get(FLAG_TOO_SLOW):
            return errors.render(request, errors.TooSlow())
        response = self.respond(request)
        if response.status_code == errors.NotAllowedHere.status and not response.content:
            dressed = errors.render(request, errors.NotAllowedHere())
            dressed.headers["Allow"] = response.headers["Allow"]
            return dressed
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render errors that a person may be told; all others go on to handler500."""
        if isinstance(exception, ClewError):
            return errors.render(request, exception)
        return None


class Permission:
    """Asks the table in web/permissions.py before any view runs."""

    def __init__(self, respond: Respond) -> None:
        """Keep what comes next."""
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; the route is known only in process_view."""
        return self.respond(request)

    def process_view(
        self,
        request: HttpRequest,
        view: object,
        args: Any,
        kwargs: Any,
    ) -> HttpResponseBase | None:
        """Let the caller in, send a stranger to the sign-in, or refuse."""
        match = request.resolver_match
        route = match.view_name if match else ""
        if route.startswith("api:"):
            return _check_token(request, route)
        if _is_foreign(request) and not getattr(view, "csrf_exempt", False):
            return errors.no_csrf(request, "sent by a page of another site")
        role = request.user.role if isinstance(request.user, Member) else ""
        if is_allowed(route, role=role):
            return None
        if role:
            return errors.render(request, Denied())
        return _to_sign_in(request)


def _is_foreign(request: HttpRequest) -> bool:
    """Does the browser itself say that another site's page sends this? Beside the token, not for it."""
    sender = request.headers.get("Sec-Fetch-Site", "same-origin")
    return request.method not in SAFE and sender not in {"same-origin", "none"}


def _check_token(request: HttpRequest, route: str) -> HttpResponseBase | None:
    """Programs come with a token; a browser's session opens no route of the API."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    grant = find(secret.strip()) if scheme.lower() == "bearer" else None
    request.grant = grant  # type: ignore[attr-defined]
    if is_allowed(route, scopes=grant.scopes if grant else frozenset()):
        return None
    return errors.render(request, errors.ScopeMissing() if grant else errors.TokenNeeded())


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.method != "GET" or request.headers.get("Sec-Fetch-Dest") == "empty":
        return errors.render(request, errors.NotSignedIn())
    target = request.get_full_path()
    query = f"?{urlencode({'next': target})}" if target != "/" else ""
    return redirect(reverse("account_login") + query)
