"""Reading a salesperson's day: one statement for all rows, whatever their number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils.functional import Promise
from django.utils.translation import get_language

from clew.access.models import Member
from clew.base.sealing import unseal
from clew.capture.regions import shown
from clew.contacts.models import Identifier, Lead
from clew.contacts.queries import masked
from clew.pipeline.models import Call, Draft, GivenBack, Worth
from clew.pipeline.rules import Group, LeadFacts, Standing, first_line, group, midnight, order
from clew.pipeline.schemas import Sheet
from clew.pipeline.wording import GROUPS, REACH, Dial, LastCall, dial, why

ROWS_AT_MOST = 500

# One row per lead that the member holds. The way of reaching somebody is the phone where there is one.
# The joins stand in the order in which they are best done. Planning them afresh costs four times what
# running them does, so the planner is told to keep to it: for this one statement, in the same message.
HELD = """
set local join_collapse_limit = 1;
select l.id, c.id, c.name, c.company, s.name, l.submission_count, l.interest, l.category, l.region,
  l.region_code, g.level, case when g.override_id is null then g.points end, k.kind, k.started_at, k.due_at,
  t.due_at, coalesce(t.about, ''), last.result, last.said,
  i.id, i.kind, i.sealed
from handoff_seat seat
join handoff_placement p on p.seat_id = seat.id and p.closed_at is null
join contacts_lead l on l.id = p.lead_id
join contacts_contact c on c.id = l.contact_id
join capture_source s on s.id = l.source_id
left join grading_grade g on g.lead_id = l.id and g.superseded_at is null
left join pipeline_clock k on k.lead_id = l.id and k.stopped_at is null
  and (k.paused_until is null or k.paused_until <= %(now)s)
left join pipeline_task t on t.lead_id = l.id and t.done_at is null
left join lateral (select result, said from pipeline_call where lead_id = l.id
  order by at desc limit 1) last on true
left join lateral (select id, kind, sealed from contacts_identifier where contact_id = c.id
  order by array_position(array['phone', 'wechat', 'email'], kind::text), id limit 1) i on true
where seat.member_id = %(member)s
"""
NEAREST = "order by abs(extract(epoch from coalesce(k.due_at, t.due_at) - %(now)s))"
OF_DAY = "and (k.due_at is not null or t.due_at is null or t.due_at < %(midnight)s)"


class Held(NamedTuple):
    """A line of `HELD`."""

    lead_id: UUID
    contact_id: UUID
    name: str
    company: str
    source: str
    submission_count: int
    interest: str
    category: str
    region: str
    region_code: int | None
    level: int | None
    points: int | None
    clock_kind: str | None
    clock_started_at: datetime | None
    clock_due_at: datetime | None
    task_due_at: datetime | None
    task_about: str
    last_result: str | None
    last_said: str | None
    identifier_id: int | None
    identifier_kind: str | None
    sealed: bytes | None


@dataclass(frozen=True, slots=True)
class Row:
    """A lead in the day's list, ready to be shown."""

    lead_id: UUID
    title: str
    is_named: bool
    company: str
    level: int | None
    points: int | None
    line: str
    why: str
    dial: Dial
    reach: str
    reach_kind: str
    group: Group
    order: int
    back: str = ""  # when it goes back to the pool, where that is soon

    @property
    def icon(self) -> str:
        """The symbol for reaching them."""
        return REACH.get(self.reach_kind, REACH["phone"])[0]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day with its rows."""

    group: Group
    title: str | Promise
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Day:
    """What a member has to do today, first things first, and when the next thing is due after that."""

    parts: list[Part]
    next_due_at: datetime | None

    @property
    def rows(self) -> list[Row]:
        """All rows in order."""
        return [row for part in self.parts for row in part.rows]


def my_day(viewer: Member, now: datetime) -> Day:
    """Rank what the member has to do today. `now` is local; its midnight ends the day."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{HELD} {OF_DAY} {NEAREST} limit %(limit)s",
            {
                "member": viewer.pk,
                "midnight": midnight(now),
                "now": now,
                "limit": ROWS_AT_MOST,
            },
        )
        rows = _rows(_last_result(cursor), now)
        cursor.execute(
            """
            select min(t.due_at) from pipeline_task t
            join handoff_placement p on p.lead_id = t.lead_id and p.closed_at is null
            join handoff_seat seat on seat.id = p.seat_id
            where t.done_at is null and seat.member_id = %s and t.due_at >= %s
            """,
            [viewer.pk, midnight(now)],
        )
        (next_due_at,) = cursor.fetchone()
    rows.sort(key=lambda row: (row.order, row.lead_id))
    parts = [Part(g, GROUPS[g], list(found)) for g, found in groupby(rows, key=lambda r: r.group)]
    return Day(parts, next_due_at)


def row(viewer: Member, lead_id: UUID, now: datetime) -> Row | None:
    """Give one row of the member's day, or None where it is not in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{HELD} and p.lead_id = %(lead)s", {"member": viewer.pk, "lead": lead_id, "now": now}
        )
        return next(iter(_rows(_last_result(cursor), now)), None)


def next_call(viewer: Member, now: datetime, *, after: UUID | None = None) -> UUID | None:
    """Say whom to call next: the first of the day that is due, other than `after`."""
    waiting = (r for r in my_day(viewer, now).rows if r.group != Group.LATER)
    return next((r.lead_id for r in waiting if r.lead_id != after), None)


def draft(viewer: Member, lead: Lead) -> Sheet | None:
    """Give the call sheet that the member has begun for a lead.

    A draft that arrived after its call was logged is none: its id would swallow the next call.
    """
    kept = Draft.objects.filter(lead=lead, member=viewer).first()
    if kept is None:
        return None
    opened = unseal(bytes(kept.body), draft_place(lead.pk, viewer.pk))
    sheet = msgspec.json.decode(opened, type=Sheet)
    is_logged = sheet.call_id and Call.objects.filter(pk=sheet.call_id).exists()
    return None if is_logged else sheet


def note(call: Call) -> str:
    """Unseal what was noted in a call."""
    return unseal(bytes(call.note), note_place(call.pk)).decode() if call.note else ""


def draft_place(lead_id: UUID, member_id: int) -> bytes:
    """Name the place that a draft is sealed for."""
    return b"draft:" + lead_id.bytes + str(member_id).encode()


def note_place(call_id: UUID) -> bytes:
    """Name the place that a call's note is sealed for."""
    return b"call:" + call_id.bytes


def back_note(given_back: GivenBack) -> str:
    """Unseal what somebody said when they gave a lead back."""
    return unseal(bytes(given_back.note), back_place(given_back.placement_id)).decode()


def back_place(placement_id: int) -> bytes:
    """Name the place that such a note is sealed for."""
    return b"given back:" + str(placement_id).encode()


def _last_result(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
    cursor.nextset()
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _rows(found: Iterable[tuple[Any, ...]], now: datetime) -> list[Row]:
    language = get_language() or ""
    made = (_row(Held(*values), now, language) for values in found)
    return [one for one in made if one is not None]


def _row(held: Held, now: datetime, language: str) -> Row | None:
    standing = Standing(
        held.clock_started_at, held.clock_due_at, held.task_due_at, held.clock_kind or ""
    )
    part = group(standing, now=now)
    if part is None:
        return None
    reach = _masked(held)
    last = LastCall(held.last_result or "", held.last_said or "")
    return Row(
        lead_id=held.lead_id,
        title=held.name or reach,
        is_named=bool(held.name),
        company=held.company,
        level=held.level,
        points=held.points,
        line=first_line(_facts(held), language),
        why=why(standing, part, level=held.level, last=last, about=held.task_about, now=now),
        dial=dial(standing, now=now),
        reach=reach,
        reach_kind=held.identifier_kind or "",
        group=part,
        order=order(standing, part, now=now),
    )


def newest_worth(lead_id: UUID) -> int:
    """Give the number of what a won lead came to as it was said last; 0 where nobody said so."""
    newest = Worth.objects.filter(lead=lead_id).order_by("-pk").values_list("pk", flat=True)
    return newest.first() or 0


def _facts(held: Held) -> LeadFacts:
    return LeadFacts(
        source=held.source,
        submission_count=held.submission_count,
        interest=held.interest,
        category=held.category,
        region=shown(held.region, held.region_code),
        only_left=held.identifier_kind or "",
    )


def _masked(held: Held) -> str:
    if held.sealed is None or held.identifier_kind is None:
        return ""
    return masked(
        Identifier(
            pk=held.identifier_id,
            contact_id=held.contact_id,
            kind=held.identifier_kind,
            sealed=held.sealed,
        )
    )
