"""Hearing events in batches, behind whoever wrote them: each exactly once, and nobody waits for it.

The outbox runs facts one by one; that suits what people do. Where thousands of events come at once, a listener
reads the ledger instead: which entries became visible between two snapshots of the database is exact, whatever
overlaps, and costs whoever writes them nothing. docs/decisions/heard-behind-the-belt.md says why.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from clew.base.away import AWAY
from clew.base.ledger import Event
from clew.base.models import Ear

AT_ONCE = 2_000
FAR = 100_000  # transactions: beyond so many a silent ear is moved on too, so that little is looked through

# The numbers come first, so that the index over (written_in, id, name) alone is walked.
FRESH = """
with fresh as materialized (select id from base_entry
  where written_in >= %(lowest)s and written_in < %(next)s and name = any(%(names)s) and id > %(after)s
  and not pg_visible_in_snapshot(written_in::text::xid8, %(heard)s::pg_snapshot)
  and pg_visible_in_snapshot(written_in::text::xid8, %(hearing)s::pg_snapshot))
select e.id, e.name, e.subject, e.at, e.actor_kind, e.actor_id, e.data::text
from base_entry e where e.id in (select id from fresh) order by e.id limit %(limit)s
"""

log = logging.getLogger("clew.hearing")


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as the ledger keeps it."""

    entry_id: int
    name: str
    subject: UUID
    at: datetime
    actor_kind: str
    actor_id: str
    data: str

    def told(self) -> dict[str, Any]:
        """Give what the event says besides its subject."""
        told: dict[str, Any] = msgspec.json.decode(self.data)
        return told

    @property
    def member_id(self) -> int | None:
        """Who did it, where it was a member."""
        return int(self.actor_id) if self.actor_kind == "member" else None


Listener = Callable[[Sequence[Heard], datetime], object]
Listeners = Mapping[type[Event], Listener]


@transaction.atomic
def hear(name: str, listeners: Listeners, now: datetime, at_once: int = AT_ONCE) -> int:
    """Let listeners have the next events, those of one kind together, in the order of `listeners`.

    Returns how many there were. The first time it begins with what comes from then on. Only one process hears
    under a name at a time; what a listener writes is stored with the place that was reached. What no listener
    can take is left out with a word in the log: it must not keep all others waiting.
    """
    ear = Ear.objects.select_for_update(skip_locked=True).filter(pk=name).first()
    snapshot = _snapshot()
    if ear is None:
        _begin(name, snapshot)
        return 0
    if _bounds(ear.heard)[1] > _bounds(snapshot)[1]:  # of another server: it was restored here
        ear.heard, ear.hearing, ear.after = snapshot, "", 0
        ear.save()
        return 0
    hearing = ear.hearing or snapshot
    found = _fresh(ear, hearing, [event.__name__ for event in listeners], at_once)
    for event, listener in listeners.items():
        if mine := [one for one in found if one.name == event.__name__]:
            _give(listener, mine, now)
    _move_on(ear, hearing, found, at_once)
    return len(found)


def _give(listener: Listener, found: Sequence[Heard], now: datetime) -> None:
    """Let a listener have some, halved and halved again where it fails with one among them."""
    try:
        with transaction.atomic():
            listener(found, now)
    except AWAY:
        raise
    except Exception:
        if len(found) == 1:
            log.exception("nobody was told of entry %s", found[0].entry_id)
            return
        middle = len(found) // 2
        _give(listener, found[:middle], now)
        _give(listener, found[middle:], now)


def _move_on(ear: Ear, hearing: str, found: Sequence[Heard], at_once: int) -> None:
    if len(found) == at_once:
        ear.hearing, ear.after = hearing, found[-1].entry_id
    elif found or ear.hearing or _bounds(hearing)[0] - _bounds(ear.heard)[0] > FAR:
        ear.heard, ear.hearing, ear.after = hearing, "", 0
    else:
        return  # else writing this would be the next thing to look past
    ear.save()


def _begin(name: str, snapshot: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into base_ear (name, heard, hearing, after) values (%s, %s, '', 0)"
            " on conflict do nothing",
            [name, snapshot],
        )


def _fresh(ear: Ear, hearing: str, names: list[str], limit: int) -> list[Heard]:
    values: dict[str, Any] = {
        "lowest": _bounds(ear.heard)[0],
        "next": _bounds(hearing)[1],
        "names": names,
        "after": ear.after,
        "heard": ear.heard,
        "hearing": hearing,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(FRESH, values)
        return [Heard(*row) for row in cursor.fetchall()]


def _snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def _bounds(snapshot: str) -> tuple[int, int]:
    """Give the lowest number that was still writing, and the next that was to be given out."""
    lowest, following, _writing = snapshot.split(":")
    return int(lowest), int(following)
