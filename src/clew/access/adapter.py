"""How django-allauth signs our members in."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from clew.access import throttle
from clew.access.models import Member

DEVICE_COOKIE = "clew_device"
DEVICE_AGE = 365 * 24 * 3600


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Throttles, tells nothing about which accounts exist, and remembers the member's device."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("User name or password is wrong."),
        "email_password_mismatch": _("User name or password is wrong."),
        "too_many_login_attempts": _("Too many tries. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Members are added by an administrator."""
        return False

    def add_message(self, *args: object, **kwargs: object) -> None:
        """The page that opens says enough."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Member | None:
        """Count the try before the password is looked at, so that parallel guesses count too."""
        typed = credentials.get("username") or credentials.get("email") or ""
        now = datetime.now(UTC)
        buckets = throttle.buckets(typed, _device(request), request.META.get("REMOTE_ADDR", ""))
        tries = throttle.take(buckets, now)
        if tries is None:
            raise ValidationError(self.error_messages["too_many_login_attempts"], code="throttled")
        member: Member | None = super().authenticate(request, **credentials)
        if member is None or not member.is_active:
            return None
        throttle.give_back(tries)
        return member

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """`authenticate` has counted already."""

    def _rollback_login_failed_rl_usage(self) -> None:
        """`authenticate` gives back by itself."""

    def post_login(self, request: HttpRequest, user: Member, **kwargs: Any) -> HttpResponse:
        """Let this device be known as the member's."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        response.set_signed_cookie(
            DEVICE_COOKIE,
            throttle.device_of(user.pk),
            max_age=DEVICE_AGE,
            httponly=True,
            samesite="Lax",
            secure=settings.IS_HTTPS,
        )
        return response


def _device(request: HttpRequest) -> str:
    return request.get_signed_cookie(DEVICE_COOKIE, default="", max_age=DEVICE_AGE) or ""
