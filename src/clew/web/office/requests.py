"""What every operator's view asks of a request: who sends it, when, and whether it was sent before."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction
from django.http import HttpRequest

from clew.access.actions import send_once
from clew.access.errors import AlreadySent
from clew.access.models import Member
from clew.base.ledger import Actor
from clew.errors import ClewError
from clew.web.errors import NotSignedIn


def caller(request: HttpRequest) -> Member:
    """The member who is signed in. Raises NotSignedIn."""
    if not isinstance(request.user, Member):
        raise NotSignedIn
    return request.user


def actor(request: HttpRequest) -> Actor:
    """The member as the ledger notes them."""
    return Actor("member", str(caller(request).pk))


def clock() -> datetime:
    """The time at this edge."""
    return datetime.now(UTC)


def line(text: str, longest: int) -> str:
    """Give the first printable characters of what was sent, without blanks around them."""
    return "".join(c for c in text if c.isprintable()).strip()[:longest]


def refusal(request: HttpRequest, effect: Callable[[], object]) -> ClewError | None:
    """Run `effect` together with the form's nonce, in one transaction.

    None: it happened, now or at the first click. Otherwise why it did not, and the form may be
    mended and sent again under the same nonce.
    """
    try:
        with transaction.atomic():
            send_once(request.POST.get("once", ""), now=clock())
            effect()
    except AlreadySent:
        return None
    except ClewError as refused:
        return refused
    return None
