"""Slows down guessing without locking the owner of the account out.

A browser that has signed in before carries a signed device cookie and is counted by itself; all
others share the count of the account. So a stranger who guesses uses up the strangers' tries only.
(OWASP, "Slow Down Online Guessing Attacks with Device Cookies".) Counted in the database, since
there are many processes.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from clew.access.models import Attempt, Member
from clew.base.sealing import lookup

WINDOW = timedelta(minutes=5)
PER_ACCOUNT = 10
PER_ADDRESS = 50  # an office shares one address


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted, and how many failures it may hold in a window."""

    key: bytes
    limit: int


def device_of(member_id: int) -> str:
    """A new name for a device that has just signed in."""
    return f"{member_id}.{secrets.token_hex(8)}"


def buckets(typed: str, device: str, address: str) -> list[Bucket]:
    """The counts that a try for `typed` falls into."""
    member_id = (
        Member.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed, email__gt=""))
        .values_list("pk", flat=True)
        .first()
    )
    if member_id is not None and device.startswith(f"{member_id}."):
        return [Bucket(lookup(device, "sign-in device"), PER_ACCOUNT)]
    account = f"member {member_id}" if member_id is not None else typed.casefold()
    return [
        Bucket(lookup(account, "sign-in account"), PER_ACCOUNT),
        Bucket(lookup(address, "sign-in address"), PER_ADDRESS),
    ]


def take(found: Sequence[Bucket], now: datetime) -> list[int] | None:
    """Count one try; None if it is one too many. Written first, so that a burst is counted whole."""
    Attempt.objects.filter(at__lt=now - WINDOW).delete()
    tries = [Attempt.objects.create(bucket=b.key, at=now).pk for b in found]
    if any(Attempt.objects.filter(bucket=b.key).count() > b.limit for b in found):
        give_back(tries)
        return None
    return tries


def give_back(tries: Sequence[int]) -> None:
    """Take a try out of the count: it was right, or it was refused."""
    Attempt.objects.filter(pk__in=tries).delete()
