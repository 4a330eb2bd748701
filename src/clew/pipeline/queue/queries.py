"""Reading a salesperson's day: one statement for all rows, whatever their number, in the order of what waiting costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clew.access.models import Member
from clew.base.sealing import unseal
from clew.capture.regions import shown
from clew.contacts.models import Identifier
from clew.contacts.queries import masked
from clew.handoff.models import Placement
from clew.handoff.pools.claiming import veil
from clew.handoff.queries import visible_among
from clew.pipeline.leads import Neighbours, listed_ids, neighbours
from clew.pipeline.queue.late import Result
from clew.pipeline.queue.models import Measurement, Stray
from clew.pipeline.queue.rules import MINUTE, Case, Figures, Met, cost, settle
from clew.pipeline.queue.wording import Weighed, weighed
from clew.pipeline.queue.written import figures_of
from clew.pipeline.rules import Group, LeadFacts, Standing, first_line, group, midnight
from clew.pipeline.saved.queries import look
from clew.pipeline.wording import REACH, RESULTS, SAID, Dial, LastCall, dial, why, word

ROWS_AT_MOST = 500
DAY = "day"  # what an address calls the day among lists

# One row per lead that the member holds. The way of reaching somebody is the phone where there is one.
# The joins stand in the order in which they are best done. Planning them afresh costs four times what
# running them does, so the planner is told to keep to it: for this one statement, in the same message.
HELD = """
set local join_collapse_limit = 1;
select l.id, c.id, c.name, c.company, s.name, s.is_online, l.submission_count, l.interest, l.category, l.region,
  l.region_code, l.opened_at, l.strengthened_at, g.level, case when g.override_id is null then g.points end, k.kind, k.started_at, k.due_at,
  t.due_at, t.created_at, coalesce(t.about, ''), last.result, last.said, wrote.at, f.tried_at, f.answered_at, e.value_minor,
  i.id, i.kind, i.sealed, array_position(d.lead_ids, l.id)
from handoff_seat seat
join handoff_placement p on p.seat_id = seat.id and p.closed_at is null
join contacts_lead l on l.id = p.lead_id
join contacts_contact c on c.id = l.contact_id
join capture_source s on s.id = l.source_id
left join grading_grade g on g.lead_id = l.id and g.superseded_at is null
left join pipeline_clock k on k.lead_id = l.id and k.stopped_at is null and k.kind <> 'stage'
  and (k.paused_until is null or k.paused_until <= %(now)s)
left join pipeline_task t on t.lead_id = l.id and t.done_at is null
left join pipeline_firstcontact f on f.lead_id = l.id
left join moves_estimate e on e.lead_id = l.id and e.superseded_at is null and e.currency = 'CNY'
left join queue_shown d on d.member_id = seat.member_id
left join lateral (select result, said, at from pipeline_call where lead_id = l.id
  order by at desc limit 1) last on true
left join lateral (select max(at) as at from contacts_repeat where lead_id = l.id and l.submission_count > 1
  having max(at) > last.at) wrote on true
left join lateral (select id, kind, sealed from contacts_identifier where contact_id = c.id
  order by array_position(array['phone', 'wechat', 'email'], kind::text), id limit 1) i on true
where seat.member_id = %(member)s
"""
NEAREST = "order by abs(extract(epoch from coalesce(wrote.at, k.due_at, t.due_at) - %(now)s))"
OF_DAY = "and (k.due_at is not null or wrote.at is not null or t.due_at is null or t.due_at < %(midnight)s)"


class Held(NamedTuple):
    """A line of `HELD`."""

    lead_id: UUID
    contact_id: UUID
    name: str
    company: str
    source: str
    is_online: bool
    submission_count: int
    interest: str
    category: str
    region: str
    region_code: int | None
    opened_at: datetime
    strengthened_at: datetime
    level: int | None
    points: int | None
    clock_kind: str | None
    clock_started_at: datetime | None
    clock_due_at: datetime | None
    task_due_at: datetime | None
    planned_at: datetime | None
    task_about: str
    last_result: str | None
    last_said: str | None
    wrote_at: datetime | None
    tried_at: datetime | None
    answered_at: datetime | None
    value_minor: int | None
    identifier_id: int | None
    identifier_kind: str | None
    sealed: bytes | None
    shown_at: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A lead in the day's list, ready to be shown.

    `cost` puts a row that is new to an open page in its place: what waiting costs, and of what comes later how late.
    """

    lead_id: UUID
    title: str
    is_named: bool
    company: str
    level: int | None
    points: int | None
    line: str
    why: str
    weighed: Weighed
    dial: Dial
    reach: str
    reach_kind: str
    group: Group
    cost: float
    shown_at: int | None
    back: str = ""  # when it goes back to the pool, where that is soon

    @property
    def icon(self) -> str:
        """The symbol for reaching them."""
        return REACH.get(self.reach_kind, REACH["phone"])[0]

    @property
    def is_later(self) -> bool:
        """Tell whether it is planned for later today."""
        return self.group is Group.LATER


@dataclass(frozen=True, slots=True)
class Day:
    """What a member has to do today, what waiting costs most first, and when the next thing is due after that."""

    rows: Sequence[Row]
    next_due_at: datetime | None


def my_day(viewer: Member, now: datetime) -> Day:
    """Rank what the member has to do today. `now` is local; its midnight ends the day."""
    by = figures_now()
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
        rows = _rows(_last_result(cursor), by, now)
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
    return Day(_ordered(rows), next_due_at)


def row(viewer: Member, lead_id: UUID, now: datetime) -> Row | None:
    """Give one row of the member's day, or None where it is not in it."""
    by = figures_now()
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"member": viewer.pk, "lead": lead_id, "now": now}
        cursor.execute(f"{HELD} and p.lead_id = %(lead)s", given)
        return next(iter(_rows(_last_result(cursor), by, now)), None)


def neighbours_in(viewer: Member, lead_id: UUID, address: str, now: datetime) -> Neighbours | None:
    """Find the leads beside one in the list that its reader came from: the day, or a state of the list of leads."""
    if address == DAY:
        ids = [one.lead_id for one in my_day(viewer, now).rows]
    elif address:
        wanted = look(viewer, dict(parse_qsl(address))).wanted
        ids = listed_ids(viewer, wanted.settled(viewer, now.date()))
    else:
        return None
    return neighbours(ids, lead_id, address)


def next_call(viewer: Member, now: datetime, *, after: UUID | None = None) -> UUID | None:
    """Say whom to call next: the first of the day that is due, other than `after`."""
    waiting = (r for r in my_day(viewer, now).rows if not r.is_later)
    return next((r.lead_id for r in waiting if r.lead_id != after), None)


@dataclass(frozen=True, slots=True)
class StrayShown:
    """A result that does not fit any more, with its words; `title` is empty where the lead is not the member's to see."""

    call_id: UUID
    lead_id: UUID
    title: str
    at: datetime
    result: str
    said: str
    note: str
    code: str


def strays(viewer: Member) -> list[StrayShown]:
    """Give what the member said without network and what could not be logged, the oldest first."""
    found = list(Stray.objects.filter(member=viewer).order_by("at", "pk"))
    if not found:
        return []
    ids = [one.lead_id for one in found]
    seen = visible_among(viewer, ids).select_related("contact")
    places = {one.lead_id: one for one in Placement.objects.filter(lead__in=ids, closed_at=None)}
    veiling = veil(viewer)
    titles = {one.pk: veiling.over(one, places.get(one.pk)).contact.name for one in seen}
    return [_stray(one, titles.get(one.lead_id)) for one in found]


def stray_place(call_id: UUID) -> bytes:
    """Name the place that a stray is sealed for."""
    return b"stray:" + call_id.bytes


def _stray(one: Stray, title: str | None) -> StrayShown:
    said = msgspec.json.decode(unseal(bytes(one.body), stray_place(one.pk)), type=Result)
    return StrayShown(
        call_id=one.pk,
        lead_id=one.lead_id,
        title="" if title is None else title or _("No name yet"),
        at=one.at,
        result=word(RESULTS, said.result),
        said=word(SAID, said.said) if said.said else "",
        note=said.note,
        code=one.code,
    )


def figures_now() -> Figures:
    """Give what the order goes by: assumptions, and what was measured last."""
    return figures_of(Measurement.objects.order_by("-at").first())


def _ordered(rows: Iterable[Row]) -> list[Row]:
    """Put first what waiting costs most, rows that were shown where they were; then what comes later, by its time."""
    found = {one.lead_id: one for one in sorted(rows, key=lambda one: one.lead_id)}
    costs = {one.lead_id: one.cost for one in found.values() if not one.is_later}
    places = {one.lead_id: one.shown_at for one in found.values() if one.shown_at is not None}
    shown_before = sorted(places, key=places.__getitem__)
    later = sorted((r for r in found.values() if r.is_later), key=lambda one: -one.cost)
    return [*(found[lead_id] for lead_id in settle(costs, shown_before)), *later]


def _last_result(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
    cursor.nextset()
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _rows(found: Iterable[tuple[Any, ...]], by: Figures, now: datetime) -> list[Row]:
    language = get_language() or ""
    made = (_row(Held(*values), by, now, language) for values in found)
    return [one for one in made if one is not None]


def _row(held: Held, by: Figures, now: datetime, language: str) -> Row | None:
    case = _case(held, now)
    if case is None:
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
        why=why(
            case.standing,
            case.group,
            level=held.level,
            last=last,
            about=held.task_about,
            now=now,
        ),
        weighed=weighed(case, by, now=now),
        dial=dial(case.standing, now=now),
        reach=reach,
        reach_kind=held.identifier_kind or "",
        group=case.group,
        cost=_cost(case, by, now),
        shown_at=held.shown_at,
    )


def _cost(case: Case, by: Figures, now: datetime) -> float:
    if case.group is not Group.LATER:
        return cost(case, by, now=now)
    standing = case.standing
    at = standing.put_off_until or standing.task_due_at
    return -at.timestamp() if at else 0.0


def _case(held: Held, now: datetime) -> Case | None:
    standing = Standing(
        held.clock_started_at,
        held.clock_due_at,
        held.task_due_at,
        held.planned_at,
        held.wrote_at,
        held.clock_kind or "",
    )
    part = group(standing, now=now)
    if part is None:
        return None
    met = Met.NOT_YET
    if held.tried_at is not None:
        met = Met.TRIED if held.answered_at is None else Met.ANSWERED
    return Case(
        is_online=held.is_online,
        level=held.level,
        met=met,
        group=part,
        standing=standing,
        since=_since(held, met),
        first_wait=(held.tried_at - held.opened_at) / MINUTE if held.tried_at else 0.0,
        worth=held.value_minor,
    )


def _since(held: Held, met: Met) -> datetime | None:
    """Say since when a lead waits: since they wrote last, were given to somebody, or were to be called."""
    if held.wrote_at is not None:
        return held.wrote_at
    if met is Met.NOT_YET:
        return held.strengthened_at
    return held.clock_started_at or held.task_due_at


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
