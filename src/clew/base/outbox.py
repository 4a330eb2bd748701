"""Following facts: each follower's effect happens exactly once, facts of one subject in order."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, get_type_hints
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Least, Power

from clew.base.ledger import Fact
from clew.base.models import Entry, Followed, Outbox

LOCK = 0x636C6577  # "clew": one process follows at a time, so that order is kept
AT_ONCE = 100
LONGEST_WAIT = timedelta(hours=1)
DOUBLINGS = 12  # more than the longest wait takes

log = logging.getLogger("clew.outbox")


@dataclass(frozen=True, slots=True)
class Follower:
    """A named effect of a fact. `act` takes the fact and the time."""

    name: str
    act: Callable[[Any, datetime], object]


Followers = Mapping[type[Fact], Sequence[Follower]]


@transaction.atomic
def follow(followers: Followers, now: datetime) -> int:
    """Run the followers of facts that are due, oldest first. Returns how many facts were done."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    by_name = {fact.__name__: (fact, list_) for fact, list_ in followers.items()}
    blocked: set[UUID] = set()
    done: list[int] = []
    for waiting in _due(now):
        entry = waiting.entry
        if entry.subject in blocked:
            continue
        fact, list_ = by_name.get(entry.name, (Fact, []))
        error = _run(entry, fact, list_, now)
        if error:
            _postpone(waiting, error, now)
            blocked.add(entry.subject)
        else:
            done.append(waiting.pk)
    Outbox.objects.filter(pk__in=done).delete()
    return len(done)


def _due(now: datetime) -> QuerySet[Outbox]:
    postponed = Outbox.objects.filter(
        _is_postponed(now), entry__subject=OuterRef("entry__subject"), entry__lt=OuterRef("entry")
    )
    return (
        Outbox.objects.select_related("entry")
        .filter(~Exists(postponed), ~_is_postponed(now))
        .order_by("entry_id")[:AT_ONCE]
    )


def _is_postponed(now: datetime) -> Q:
    """Wait only after a failure, and no longer than was meant to: the clock may have been set back since."""
    seconds = Least(
        Power(Value(2.0), Least(F("attempts"), DOUBLINGS)), LONGEST_WAIT.total_seconds()
    )
    until = Value(now) + seconds * Value(timedelta(seconds=1))
    return Q(attempts__gt=0, due_at__gt=now, due_at__lte=until)


def _run(entry: Entry, fact: type[Fact], followers: Sequence[Follower], now: datetime) -> str:
    for follower in followers:
        try:
            with transaction.atomic():
                _, is_new = Followed.objects.get_or_create(entry=entry, follower=follower.name)
                if is_new:
                    follower.act(_fact(entry, fact), now)
        except Exception as error:  # noqa: BLE001  a follower may fail in any way; the fact stays
            log.warning(
                "follower %s of entry %s: %s", follower.name, entry.pk, type(error).__name__
            )
            return type(error).__name__
    return ""


def _fact(entry: Entry, fact: type[Fact]) -> Fact:
    first = fields(fact)[0].name
    is_number = get_type_hints(fact)[first] is int
    return fact(**{first: entry.subject.int if is_number else entry.subject}, **entry.data)


def _postpone(waiting: Outbox, error: str, now: datetime) -> None:
    waiting.attempts += 1
    waiting.error = error
    waiting.due_at = now + min(timedelta(seconds=2**waiting.attempts), LONGEST_WAIT)
    waiting.save(update_fields=["attempts", "error", "due_at"])
