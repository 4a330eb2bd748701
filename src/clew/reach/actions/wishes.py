"""How people want to be told, and for how long something may stay unread."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.reach.errors import PatienceUnfit, QuietUnfit, WishUnknown
from clew.reach.events import PatienceSet
from clew.reach.models import Patience, QuietTime, Wish
from clew.reach.rules import DAY, USUAL, When

LONGEST_PATIENCE = DAY


@transaction.atomic
def wish(
    member: Member, wishes: Mapping[tuple[str, str], str], quiet: tuple[int, int] | None
) -> None:
    """Keep when a member wants to be told of each kind by each medium, and from when until when not at all.

    What is as usual is not kept, so that it stays so. Minutes since midnight. Raises WishUnknown, QuietUnfit.
    """
    if any(place not in USUAL or when not in set(When) for place, when in wishes.items()):
        raise WishUnknown
    if quiet and (quiet[0] == quiet[1] or not all(0 <= minute < DAY for minute in quiet)):
        raise QuietUnfit
    Wish.objects.filter(member=member).delete()
    Wish.objects.bulk_create(
        Wish(member=member, kind=kind, medium=medium, when=when)
        for (kind, medium), when in wishes.items()
        if when != USUAL[kind, medium]
    )
    QuietTime.objects.filter(member=member).delete()
    if quiet:
        QuietTime.objects.create(member=member, from_minute=quiet[0], until_minute=quiet[1])


@transaction.atomic
def be_patient(next_minutes: int, manager_minutes: int, *, by: Member, now: datetime) -> None:
    """Set after how many minutes unread the next way is taken, and the manager told. Raises PatienceUnfit."""
    if not 1 <= next_minutes < manager_minutes <= LONGEST_PATIENCE:
        raise PatienceUnfit
    minutes = {"next_minutes": next_minutes, "manager_minutes": manager_minutes}
    Patience.objects.update_or_create(pk=1, defaults=minutes)
    append(PatienceSet(1, **minutes), actor=Actor("member", str(by.pk)), at=now)
