"""Carrying plays on: steps that are due are put to whoever has the lead, each once, many at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection, transaction

from clew.base.bulk import as_array, copy_in
from clew.base.json import dumps
from clew.base.ledger import append_all
from clew.base.live import Hint, announce
from clew.errors import ClewError
from clew.handoff.actions.leads import reopen
from clew.handoff.actions.locks import lock_leads
from clew.pipeline.moves.actions.leads import WON
from clew.pipeline.plays.actions.runs import PLAYING
from clew.pipeline.plays.events import PlayEnded, PlayStepDue
from clew.pipeline.plays.steps import Holds, Kind, Otherwise, Step, read
from clew.pipeline.stages import ANSWERS

AT_ONCE = 1000
REOPENED_AT_ONCE = 50
REST = timedelta(days=7)  # that the last step has before the play is over

DUE = """
select lead_id, id from plays_run where due_at <= %s order by due_at, id limit %s
"""
# How each stands, now that its lead is locked: whether its person has answered since, and what conditions ask.
STANDS = """
select r.id, r.lead_id, r.version_id, r.step, p.kind, p.reason, s.member_id,
  exists (select from pipeline_call c where c.lead_id = r.lead_id and c.at >= r.started_at and c.result = any(%(answers)s))
    as answered,
  exists (select from contacts_repeat w where w.lead_id = r.lead_id and w.at > r.started_at) as wrote,
  p.kind <> 'person' and p.opened_at > r.started_at as is_halted,
  array(select distinct i.kind::text from contacts_identifier i where i.contact_id = l.contact_id) as ways,
  coalesce(g.level, 0) as level
from plays_run r
join contacts_lead l on l.id = r.lead_id
join handoff_placement p on p.lead_id = r.lead_id and p.closed_at is null
left join handoff_seat s on s.id = p.seat_id
left join grading_grade g on g.lead_id = r.lead_id and g.superseded_at is null
where r.id = any(%(ids)s) and r.due_at <= %(now)s
order by r.lead_id
for update of r
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run whose next step is due, as its lead stands now."""

    id: int
    lead_id: UUID
    version_id: int
    step: int
    kind: str
    reason: str
    member_id: int | None
    has_answered: bool
    has_written: bool
    is_halted: bool
    ways: list[str]
    level: int


@dataclass(frozen=True, slots=True)
class Going:
    """What becomes of a run: the step that is put to somebody, the one after it, or why it ends."""

    run: Standing
    deed: int | None = None
    cost_minor: int = 0
    step: int = 0
    due_at: datetime | None = None
    why: str = ""

    @property
    def is_of_lost(self) -> bool:
        """Whether somebody has to do something about a lead that is lost: it is taken up for that."""
        is_lost = self.run.kind == "closed" and self.run.reason != WON
        return self.deed is not None and is_lost


def advance(now: datetime) -> bool:
    """Chore: carry on some plays that are due. Returns whether there may be more."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, [now, AT_ONCE])
        due: list[tuple[UUID, int]] = cursor.fetchall()
    lost = _carry_on(due, now) if due else []
    for one in lost[:REOPENED_AT_ONCE]:
        _take_up(one, now)
    return len(due) == AT_ONCE


@transaction.atomic
def _carry_on(due: Sequence[tuple[UUID, int]], now: datetime) -> list[tuple[UUID, int]]:
    """Carry on runs of leads that are locked in the order in which all lock; who was faster has done it.

    Gives those that stay due: of lost leads that somebody has to do something about.
    """
    going = _going(due, now)
    _write([one for one in going if not one.is_of_lost], now)
    return [(one.run.lead_id, one.run.id) for one in going if one.is_of_lost]


@transaction.atomic
def _take_up(due: tuple[UUID, int], now: datetime) -> None:
    """Carry on the run of a lost lead, which is taken up: each by itself, so that no two seats are locked."""
    _write([_reopened(one, now) if one.is_of_lost else one for one in _going([due], now)], now)


def _going(due: Sequence[tuple[UUID, int]], now: datetime) -> list[Going]:
    lock_leads([lead_id for lead_id, _ in due])
    with connection.cursor() as cursor:
        cursor.execute(
            STANDS, {"ids": [id_ for _, id_ in due], "now": now, "answers": list(ANSWERS)}
        )
        standing = [Standing(*row) for row in cursor.fetchall()]
        cursor.execute(
            "select id, steps::text from plays_version where id = any(%s)",
            [list({one.version_id for one in standing})],
        )
        steps = {id_: read(msgspec.json.decode(text)) for id_, text in cursor.fetchall()}
    return [_next(one, steps[one.version_id], now) for one in standing]


def _next(run: Standing, steps: Sequence[Step], now: datetime) -> Going:
    """Say what becomes of a run: pass over waits and conditions that hold, up to what somebody has to do."""
    why = _is_over(run)
    if why:
        return Going(run, why=why)
    at = run.step
    while at < len(steps):
        step = steps[at]
        if step.is_done_by_people:
            return _done_by_people(run, steps, at, now)
        at += 1
        if step.kind == Kind.CONDITION and not _holds(step, run):
            if step.otherwise == Otherwise.STOP:
                return Going(run, why="condition")
            at += 1
        if at < len(steps) and steps[at].days:
            return Going(run, step=at, due_at=now + timedelta(days=steps[at].days))
    return Going(run, why="through")


def _done_by_people(run: Standing, steps: Sequence[Step], at: int, now: datetime) -> Going:
    after = at + 1
    rest = timedelta(days=steps[after].days) if after < len(steps) else REST
    due_at = now + rest
    return Going(run, at, steps[at].cost_minor, after, due_at)


def _is_over(run: Standing) -> str:
    """Say why nothing may be done any more, though nobody has ended the run yet."""
    if run.has_answered:
        return "answered"
    if run.has_written:
        return "wrote"
    if run.is_halted:
        return "closed" if run.kind == "closed" else "pooled"
    return ""


def _holds(step: Step, run: Standing) -> bool:
    if step.holds == Holds.INTENT:
        return run.level >= 2
    return step.holds.removeprefix("has_") in run.ways


def _reopened(one: Going, now: datetime) -> Going:
    """Take a lead up for whoever had it; where its person has a newer lead, that one is worked on instead."""
    try:
        with transaction.atomic():
            reopen(one.run.lead_id, actor=PLAYING, now=now)
    except ClewError:
        return Going(one.run, why="elsewhere")
    return one


def _write(going: Sequence[Going], now: datetime) -> None:
    deeds = [(g.run.id, g.deed, now, g.cost_minor) for g in going if g.deed is not None]
    copy_in("plays_deed", "run_id, step, at, cost_minor", deeds)
    rows = [
        {
            "id": g.run.id,
            "step": g.step,
            "due_at": g.due_at,
            "why": g.why,
            "ended_at": now if g.why else None,
        }
        for g in going
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update plays_run r set step = case when n.why = '' then n.step else r.step end,
              due_at = n.due_at, why = n.why, ended_at = n.ended_at
            from json_to_recordset(%s) as n(id bigint, step int, due_at timestamptz, why text, ended_at timestamptz)
            where r.id = n.id
            """,
            [dumps(rows)],
        )
        cursor.execute(PUT, {"ids": as_array([g.run.lead_id for g in _put(going)]), "now": now})
        holders: list[tuple[UUID, int]] = cursor.fetchall()
    append_all(list(_told(going)), actor=PLAYING, at=now)
    announce(Hint(lead_id, member_id=member_id) for lead_id, member_id in holders)


# The next step of a lead is due at once, unless whoever has it has planned one: what was promised stays.
PUT = """
with held as (select p.lead_id, s.member_id from handoff_placement p join handoff_seat s on s.id = p.seat_id
  where p.lead_id = any(%(ids)s::uuid[]) and p.closed_at is null and p.kind = 'person'),
put as (insert into pipeline_task (lead_id, due_at, created_at)
  select lead_id, %(now)s, %(now)s from held on conflict (lead_id) where done_at is null do nothing)
select lead_id, member_id from held
"""


def _put(going: Sequence[Going]) -> Iterator[Going]:
    return (one for one in going if one.deed is not None)


def _told(going: Sequence[Going]) -> Iterator[PlayEnded | PlayStepDue]:
    for one in going:
        if one.why:
            yield PlayEnded(one.run.lead_id, one.run.id, one.why)
        elif one.deed is not None:
            yield PlayStepDue(one.run.lead_id, one.run.id, one.deed)
