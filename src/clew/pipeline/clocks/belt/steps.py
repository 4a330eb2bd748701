"""Clocks go on: they warn, run out and tell the manager, once each."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from clew.base.ledger import CLOCKS, Event, append_all
from clew.base.live import Hint, announce
from clew.pipeline.events import ClockBreached, ClockEscalated, ClockWarned

AT_ONCE = 2_000  # clocks of a piece, about half a second
# What comes so late that the next step is due as well: a warning is none then, all others happen.
GO_ON = """
with due as (
  select id, breached_at is null and due_at > %(now)s as warns,
    breached_at is null and due_at <= %(now)s as breaches,
    escalated_at is null and escalate_at <= %(now)s as escalates
  from pipeline_clock
  where next_at <= %(now)s and (breached_at is null or escalated_at is null and escalate_at <= %(now)s)
  order by next_at limit %(most)s for update skip locked),
gone_on as (
  update pipeline_clock c set
    warned_at = case when due.warns then %(now)s else c.warned_at end,
    breached_at = case when due.breaches then %(now)s else c.breached_at end,
    escalated_at = case when due.escalates then %(now)s else c.escalated_at end
  from due where c.id = due.id
  returning c.lead_id, c.id, c.kind, due.warns, due.breaches, due.escalates)
select g.*, s.member_id from gone_on g
left join handoff_placement p on p.lead_id = g.lead_id and p.closed_at is null
left join handoff_seat s on s.id = p.seat_id
"""


@transaction.atomic
def go_on(now: datetime) -> int:
    """Let at most AT_ONCE clocks warn, run out or tell the manager, once each. Returns how many did.

    What somebody is just stopping, or another worker letting go on, is left to them.
    """
    with connection.cursor() as cursor:
        cursor.execute(GO_ON, {"now": now, "most": AT_ONCE})
        rows: list[tuple[UUID, int, str, bool, bool, bool, int | None]] = cursor.fetchall()
    if rows:
        append_all([one for row in rows for one in _told(*row[:6])], actor=CLOCKS, at=now)
        announce(Hint(row[0], member_id=row[6]) for row in rows if row[6])
    return len(rows)


def _told(lead_id: UUID, clock_id: int, kind: str, *happens: bool) -> Iterator[Event]:
    for event, is_due in zip((ClockWarned, ClockBreached, ClockEscalated), happens, strict=True):
        if is_due:
            yield event(lead_id, clock_id, kind)
