"""Counting how often forms are sent, in windows of ten minutes: by network, by form, and without work."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.db.models import F, Max

from clew.base.sealing import lookup
from clew.capture.errors import FormOverrun, TooManyVisits
from clew.capture.models import Visit

WINDOW = timedelta(minutes=10)
MOST_UNPROVEN_OF_A_FORM = 30


def network(address: str) -> str:
    """The caller's address, or the block of IPv6 addresses that one connection gets."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    is_block = isinstance(parsed, IPv6Address)
    return str(ip_network((parsed, 56), strict=False)) if is_block else address


def visit(address: bytes, *, most: int, now: datetime) -> None:
    """Count one sending of a form from a network address, given as a keyed hash.

    Raises TooManyVisits when there were more than `most` in the same ten minutes.
    """
    if _count(address, now) > most:
        raise TooManyVisits


def note_sending(slug: str, *, is_proven: bool, now: datetime) -> None:
    """Count one sending of a form, whoever sent it. Raises FormOverrun.

    Whoever has many addresses has one form before them all the same: what comes without work has a
    budget of its own, and `sent_lately` makes work dearer.
    """
    _count(_sendings(slug), now)
    if not is_proven and _count(lookup(slug, "form without work"), now) > MOST_UNPROVEN_OF_A_FORM:
        raise FormOverrun


def sent_lately(slug: str, now: datetime) -> int:
    """Sendings of a form in this window or the one before, whichever had more."""
    known = Visit.objects.filter(address=_sendings(slug), since__gte=_since(now) - WINDOW)
    return known.aggregate(most=Max("count"))["most"] or 0


def _sendings(slug: str) -> bytes:
    return lookup(slug, "form sendings")


def _count(name: bytes, now: datetime) -> int:
    since = _since(now)
    Visit.objects.filter(since__lt=since - WINDOW).delete()
    Visit.objects.bulk_create([Visit(address=name, since=since, count=0)], ignore_conflicts=True)
    own = Visit.objects.filter(address=name, since=since)
    own.update(count=F("count") + 1)
    return own.values_list("count", flat=True).get()


def _since(now: datetime) -> datetime:
    return now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
