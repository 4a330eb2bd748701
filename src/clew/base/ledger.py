"""The event ledger: stages say what happened in frozen dataclasses, and the ledger keeps it.

The first field of an event is its subject: a UUID, or the number of a row, kept as a UUID. A `Fact`
is an event that others may follow through `web/flow.py`; it goes into the outbox in the same transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from clew.base.bulk import copy_text
from clew.base.json import dumps, to_builtins
from clew.base.models import Entry, Outbox


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: `kind` is member, token, visitor or system; `id` is theirs as text."""

    kind: str
    id: str = ""


Row = tuple[str, str, str, str, str, str]
_gathering: ContextVar[list[Row] | None] = ContextVar("gathering", default=None)
BELT = Actor("system", "belt")
CLOCKS = Actor("system", "clocks")
UNDO = Actor("system", "undo")


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, in the past tense; subclasses add ids and figures, never personal data."""


@dataclass(frozen=True, slots=True)
class Fact(Event):
    """An event that other stages follow."""


def append(event: Event, *, actor: Actor, at: datetime) -> int:
    """Write one event, and its outbox row if it is a fact. Returns the entry's id."""
    subject, data = _split(event)
    entry = Entry.objects.create(
        at=at,
        name=type(event).__name__,
        subject=subject,
        actor_kind=actor.kind,
        actor_id=actor.id,
        data=to_builtins(data),
    )
    if isinstance(event, Fact):
        Outbox.objects.create(entry=entry, due_at=at)
    return entry.pk


def append_all(events: Sequence[Event], *, actor: Actor, at: datetime) -> None:
    """Write many events that nobody follows by one COPY. Facts go through `append`."""
    rows = _rows(events, actor, at)
    gathering = _gathering.get()
    if gathering is None:
        _write(rows)
    else:
        gathering.extend(rows)


@contextmanager
def gathered() -> Iterator[None]:
    """Hold back what `append_all` is given inside, and write all of it by one COPY at the end."""
    rows: list[Row] = []
    before = _gathering.set(rows)
    try:
        yield
    finally:
        _gathering.reset(before)
    _write(rows)


def _write(rows: Iterable[Row]) -> None:
    copy_text("base_entry", "at, name, subject, actor_kind, actor_id, data", rows)


def _rows(events: Iterable[Event], actor: Actor, at: datetime) -> Iterator[Row]:
    written = at.isoformat()
    for event in events:
        subject, data = _split(event)
        yield written, type(event).__name__, subject.hex, actor.kind, actor.id, dumps(data)


def _split(event: Event) -> tuple[UUID, dict[str, Any]]:
    kind = type(event)
    first, others = _names.get(kind) or _named(kind)
    subject = getattr(event, first)
    data = {name: getattr(event, name) for name in others}
    return subject if isinstance(subject, UUID) else UUID(int=subject), data


def _named(kind: type[Event]) -> tuple[str, list[str]]:
    first, *others = (f.name for f in fields(kind))
    _names[kind] = first, others
    return _names[kind]


_names: dict[type[Event], tuple[str, list[str]]] = {}  # of fields: the subject's, and the others'
