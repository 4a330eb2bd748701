"""The rows of a story written again for other people and another time: set-based SQL made from the models.

Every id of the story has a twin in each telling; times go back by the telling's shift, people of the company
become those of its cast. What is sealed or decided anew comes from `letter`, `guest` and `decision`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import AutoField, BigAutoField, DateTimeField, Field, GeneratedField, Model

from clew.access.models import Member, Team
from clew.base.bulk import copy_in
from clew.base.models import Entry
from clew.capture.models import Consent, Submission
from clew.contacts.models import Contact, Lead, Repeat
from clew.grading.models import Grade
from clew.handoff.models import Placement, Round, Seat
from clew.pipeline.models import Call, Clock, FirstContact, Result, Task
from clew.pipeline.moves.models import Estimate, Exit, Stay

TABLES = """
create temporary table telling (n integer primary key, shift interval not null);
create temporary table twin (old uuid, n integer, new uuid not null, primary key (old, n));
create temporary table cast_as (kind text, old bigint, n integer, new bigint not null,
  primary key (kind, old, n));
create temporary table guest (old uuid, n integer, name text not null, company text not null,
  initials text not null, pairs integer[] not null, was text not null, region text not null, region_code integer, primary key (old, n));
create temporary table letter (id uuid primary key, body bytea not null);
create temporary table decision (id uuid primary key, seats jsonb not null, leads jsonb not null)
"""
NAMES = ("telling", "twin", "cast_as", "guest", "letter", "decision")
CAST = {Seat: "seat", Member: "member", Team: "team"}
TOLD = (Submission, Contact, Lead, Round)  # known by ids that have twins
GUEST = "from guest g where g.old = o.contact_id and g.n = t.n"


def _twin(old: str) -> str:
    return f"(select w.new from twin w where w.old = {old} and w.n = t.n)"  # noqa: S608  ours


def _cast(kind: str, old: str) -> str:
    return f"(select k.new from cast_as k where k.kind = '{kind}' and k.old = {old} and k.n = t.n)"  # noqa: S608


def _data() -> str:
    """Say what an event tells in the telling's own ids and times."""
    found = "o.data"
    for key in ("contact_id", "submission_id", "round_id", "call_id"):
        found += _replaced(key, _twin(f"(o.data ->> '{key}')::uuid"))
    for key in ("seat", "team"):
        found += _replaced(f"{key}_id", _cast(key, f"(o.data ->> '{key}_id')::bigint"))
    found += _replaced("clock_id", "null")  # a number of the story's own
    return found + _replaced("due_at", "(o.data ->> 'due_at')::timestamptz - s.shift")


def _replaced(key: str, value: str) -> str:
    said = f"o.data ->> '{key}' is null"
    return f" || case when {said} then '{{}}' else jsonb_build_object('{key}', {value}) end"


ACTOR = f"case o.actor_kind when 'member' then {_cast('member', 'o.actor_id::bigint')}::text else o.actor_id end"
# Each table by the column whose twins own its rows, and the columns that are not simply carried over.
RETOLD: Sequence[tuple[type[Model], str, Mapping[str, str]]] = (
    (Submission, "id", {"body": "(select l.body from letter l where l.id = t.new)"}),
    (Consent, "submission_id", {}),
    (
        Contact,
        "id",
        {
            "name": "(select g.name from guest g where g.old = o.id and g.n = t.n)",
            "company": "(select g.company from guest g where g.old = o.id and g.n = t.n)",
            "initials": "(select g.initials from guest g where g.old = o.id and g.n = t.n)",
            "pairs": "(select g.pairs from guest g where g.old = o.id and g.n = t.n)",
        },
    ),
    (
        Lead,
        "id",
        {
            "region": f"(select g.region {GUEST})",
            "region_code": f"(select g.region_code {GUEST})",
            "interest": f"(select left(replace(o.interest, g.was, g.region), 200) {GUEST})",
        },
    ),
    (Repeat, "submission_id", {}),
    (Grade, "lead_id", {}),
    (
        Round,
        "id",
        {
            "seats": "(select d.seats from decision d where d.id = t.new)",
            "leads": "(select d.leads from decision d where d.id = t.new)",
        },
    ),
    (Placement, "lead_id", {}),
    (Clock, "lead_id", {}),
    (Call, "lead_id", {"id": _twin("o.id"), "note": "null"}),
    (FirstContact, "lead_id", {}),
    (Task, "lead_id", {}),
    (Result, "lead_id", {}),
    (Stay, "lead_id", {"actor_id": ACTOR, "note": "null"}),
    (Exit, "lead_id", {}),
    (Estimate, "lead_id", {}),
    (Entry, "subject", {"subject": "t.new", "data": _data(), "actor_id": ACTOR}),
)


@dataclass
class Page:
    """What one or more tellings bring along, as rows of the temporary tables and of the identifiers."""

    tellings: list[tuple[int, timedelta]] = field(default_factory=list)
    twins: list[tuple[UUID, int, UUID]] = field(default_factory=list)
    cast: list[tuple[str, int, int, int]] = field(default_factory=list)
    guests: list[tuple[UUID, int, str, str, str, list[int], str, str, int | None]] = field(
        default_factory=list
    )
    letters: list[tuple[UUID, bytes]] = field(default_factory=list)
    decisions: list[tuple[UUID, str, str]] = field(default_factory=list)
    ways: list[tuple[UUID, str, bytes, bytes | None, bytes]] = field(default_factory=list)


def prepare() -> None:
    """Make the temporary tables, which end with the connection."""
    with connection.cursor() as cursor:
        for name in NAMES:
            cursor.execute(f"drop table if exists pg_temp.{name}")
        cursor.execute(TABLES)


def write(page: Page) -> None:
    """Write all rows of some tellings, in the transaction that is open."""
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {', '.join(NAMES)}")
        copy_in("telling", "n, shift", page.tellings)
        copy_in("twin", "old, n, new", page.twins)
        copy_in("cast_as", "kind, old, n, new", page.cast)
        copy_in(
            "guest", "old, n, name, company, initials, pairs, was, region, region_code", page.guests
        )
        copy_in("letter", "id, body", page.letters)
        copy_in("decision", "id, seats, leads", page.decisions)
        cursor.execute(f"analyze {', '.join(NAMES)}")
        for model, owner, special in RETOLD:
            cursor.execute(_statement(model, owner, special))
            if model is Contact:
                copy_in("contacts_identifier", "contact_id, kind, digest, tail, sealed", page.ways)


def _statement(model: type[Model], owner: str, special: Mapping[str, str]) -> str:
    """Insert a table's rows of the story once for each telling, in their own order."""
    columns = dict(_columns(model, special))
    names = ", ".join(f'"{name}"' for name in columns)  # one of them is called end
    told = model._meta  # noqa: SLF001  Django's documented way to names
    order = f" order by t.n, o.{told.pk.column}" if _is_made(told.pk) else ""
    return (
        f"insert into {told.db_table} ({names}) select {', '.join(columns.values())} "  # noqa: S608  ours
        f"from {told.db_table} o join twin t on t.old = o.{owner} join telling s on s.n = t.n{order}"
    )


def _columns(model: type[Model], special: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for one in model._meta.concrete_fields:  # noqa: SLF001
        column = str(one.column)
        if not _is_made(one) and not column.startswith("written_"):
            yield column, special.get(column) or _carried(one)


def _is_made(one: "Field[Any, Any]") -> bool:
    return isinstance(one, AutoField | BigAutoField | GeneratedField)


def _carried(one: "Field[Any, Any]") -> str:
    """Say how a column is carried over, by what it holds."""
    if one.primary_key or one.related_model in TOLD:
        return _twin(f'o."{one.column}"')
    if one.related_model in CAST:
        return _cast(CAST[one.related_model], f'o."{one.column}"')
    if isinstance(one, DateTimeField):
        return f'o."{one.column}" - s.shift'
    return f'o."{one.column}"'
