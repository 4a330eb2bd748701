"""Many steps at once: the rows that `pipeline.actions` and `handoff.actions` write, in a few statements.

Ninety days one action at a time would take a minute. A lead may stand in a batch once. Facts are
written with what follows from them, so that the outbox stays empty.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from clew.base.bulk import copy_in
from clew.base.ids import uuid7
from clew.base.json import dumps
from clew.base.ledger import Actor, append_all, gathered
from clew.base.sealing import seal
from clew.handoff.events import LeadClosed
from clew.handoff.models import Placement, Seat
from clew.pipeline.actions.first_contacts import note_first_contacts
from clew.pipeline.events import CallLogged, NextStepPlanned
from clew.pipeline.queries import note_place
from clew.web.demo.company import DEMO
from clew.web.demo.plots import Result, Step

ENDS = {Result.BAD_NUMBER: "bad_number", Result.REFUSED: "do_not_contact"}
Deed = tuple[Placement, Step]


def do(steps: Sequence[tuple[UUID, Step]]) -> None:
    """Do one step each for leads that are still open; a pooled lead can only end."""
    found = Placement.objects.filter(lead__in=[lead_id for lead_id, _ in steps], closed_at=None)
    current = {
        p.lead_id: p for p in found.exclude(kind=Placement.Kind.CLOSED).select_related("seat")
    }
    deeds = [(current[lead_id], step) for lead_id, step in steps if lead_id in current]
    calls = [(p, step) for p, step in deeds if step.result and p.seat]
    ends = [(p, step) for p, step in deeds if _end(step) and (p.seat or not step.result)]
    with gathered():
        started = _stop_clocks(calls + ends, "<>")
        _stop_clocks(ends, "=")
        _finish_tasks(calls + ends)
        if calls:
            _log(calls, started)
            _plan([(p, step) for p, step in calls if step.next_at])
        if ends:
            _close(ends)


def _end(step: Step) -> str:
    return step.end or (ENDS.get(step.result, "") if step.result else "")


def _log(calls: list[Deed], started: set[UUID]) -> None:
    rows = []
    for p, step in calls:
        call_id, member_id = uuid7(), _member(p)
        note = seal(step.note.encode(), note_place(call_id)) if step.note else None
        rows.append((call_id, p.lead_id, member_id, str(step.result), step.said, note, step.at))
        is_first = p.lead_id in started
        logged = CallLogged(p.lead_id, call_id, str(step.result), step.said, is_first)
        append_all([logged], actor=_actor(p), at=step.at)
    copy_in("pipeline_call", "id, lead_id, member_id, result, said, note, at", rows)
    note_first_contacts([p.lead_id for p, _ in calls])


def _plan(calls: list[Deed]) -> None:
    rows = [(p.lead_id, step.next_at, step.at) for p, step in calls]
    copy_in("pipeline_task", "lead_id, due_at, created_at", rows)
    for p, step in calls:
        if step.next_at:
            append_all([NextStepPlanned(p.lead_id, step.next_at)], actor=_actor(p), at=step.at)


def _close(ends: list[Deed]) -> None:
    times = _times(ends)
    _update(
        "update handoff_placement p set closed_at = t.at",
        "p.lead_id = t.lead and p.closed_at is null",
        times,
    )
    _update("update contacts_lead l set ended_at = t.at", "l.id = t.lead", times)
    copy_in(
        "handoff_placement",
        "lead_id, kind, team_id, reason, opened_at",
        [(p.lead_id, "closed", p.team_id, _end(step), step.at) for p, step in ends],
    )
    for seat_id, count in Counter(p.seat_id for p, _ in ends if p.seat_id).items():
        seat = Seat.objects.get(pk=seat_id)
        seat.open_count -= count
        seat.save(update_fields=["open_count"])
    for p, step in ends:
        append_all([LeadClosed(p.lead_id, _end(step))], actor=_actor(p), at=step.at)


def _stop_clocks(deeds: list[Deed], is_of: str) -> set[UUID]:
    """Stop the clocks that run, those of stages (=) or all others (<>). Returns the leads of those that did."""
    return _update(
        "update pipeline_clock c set stopped_at = t.at",
        f"c.lead_id = t.lead and c.stopped_at is null and c.kind {is_of} 'stage'",
        _times(deeds),
    )


def _finish_tasks(deeds: list[Deed]) -> None:
    _update(
        "update pipeline_task k set done_at = t.at",
        "k.lead_id = t.lead and k.done_at is null",
        _times(deeds),
    )


def _times(deeds: list[Deed]) -> list[dict[str, Any]]:
    return [{"lead": p.lead_id, "at": step.at} for p, step in deeds]


def _update(change: str, where: str, times: list[dict[str, Any]]) -> set[UUID]:
    if not times:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{change} from json_to_recordset(%s) as t(lead uuid, at timestamptz)
              where {where} returning t.lead""",
            [dumps(times)],
        )
        return {lead_id for (lead_id,) in cursor.fetchall()}


def _member(p: Placement) -> int | None:
    return p.seat.member_id if p.seat else None


def _actor(p: Placement) -> Actor:
    return Actor("member", str(p.seat.member_id)) if p.seat else DEMO
