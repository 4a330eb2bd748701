"""Leads that are taken back by rule, many at once, and who holds more than they may."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.base.ledger import Actor, append_all
from clew.base.live import Hint, announce
from clew.handoff.events import LeadClosed
from clew.handoff.pools.events import LeadRecalled

RULES = Actor("system", "pools")
CLOSE = """
update handoff_placement p set closed_at = %(now)s
from json_to_recordset(%(due)s) as d(lead_id uuid, reason text), handoff_seat s
where p.lead_id = d.lead_id and p.closed_at is null and s.id = p.seat_id
returning p.lead_id, p.team_id, p.seat_id, s.member_id, d.reason
"""
# Each is given out again as often as its team's policy says; from the company's pool never.
POOL = """
with back as (
  select b.lead_id, b.seat_id, b.reason, coalesce(y.is_public, false) as is_public,
    case when y.is_public then null else b.team_id end as team_id, coalesce(y.turns, 0) >
      (select count(*) from pools_recall r where r.lead_id = b.lead_id) as is_given_out
  from json_to_recordset(%(back)s) as b(lead_id uuid, team_id bigint, seat_id bigint, reason text)
  left join pools_poolpolicy y on y.team_id = b.team_id),
pooled as (
  insert into handoff_placement (lead_id, kind, team_id, reason, opened_at)
  select lead_id, 'pool', team_id, reason, %(now)s from back
  returning id, lead_id, team_id),
kept as (
  insert into pools_recall (placement_id, lead_id, seat_id, reason, is_given_out, at)
  select p.id, p.lead_id, b.seat_id, b.reason, b.is_given_out, %(now)s
  from pooled p join back b on b.lead_id = p.lead_id)
select lead_id, team_id from pooled
"""

SHELVE = """
with pooled as (
  update handoff_placement set closed_at = %(now)s
  where lead_id = any(%(leads)s::uuid[]) and closed_at is null and kind = 'pool'
  returning lead_id, team_id),
closed as (
  insert into handoff_placement (lead_id, kind, team_id, reason, opened_at)
  select lead_id, 'closed', team_id, %(reason)s, %(now)s from pooled),
ended as (
  update contacts_lead set ended_at = %(now)s where id in (select lead_id from pooled))
select lead_id, team_id from pooled
"""


def shelve(lead_ids: Sequence[UUID], reason: str, now: datetime) -> None:
    """End leads that lie in a pool, for a reason. The caller holds the leads' locks. A fixed number of statements.

    The ledger says that they are closed, but nobody follows it one by one: the caller does what follows, for all.
    """
    with connection.cursor() as cursor:
        cursor.execute(SHELVE, {"now": now, "leads": as_array(lead_ids), "reason": reason})
        pooled: list[tuple[UUID, int | None]] = cursor.fetchall()
    append_all([LeadClosed(lead_id, reason) for lead_id, _ in pooled], actor=RULES, at=now)
    announce(Hint(lead_id, team_id=team_id) for lead_id, team_id in pooled)


def recall(due: Sequence[tuple[UUID, str]], now: datetime) -> Counter[int | None]:
    """Put leads that people hold into a pool, each for its reason. The caller holds the leads' locks.

    Gives of how many leads each seat is rid, which their counts do not say yet: the caller takes them off at
    last, since the belt waits for the seats from then on. A fixed number of statements.
    """
    with connection.cursor() as cursor:
        asked = [{"lead_id": lead_id, "reason": reason} for lead_id, reason in due]
        cursor.execute(CLOSE, {"now": now, "due": dumps(asked)})
        closed: list[tuple[UUID, int, int, int, str]] = cursor.fetchall()
        back = [
            {"lead_id": lead_id, "team_id": team_id, "seat_id": seat_id, "reason": reason}
            for lead_id, team_id, seat_id, _, reason in closed
        ]
        cursor.execute(POOL, {"now": now, "back": dumps(back)})
        stands: dict[UUID, int | None] = dict(cursor.fetchall())
    events = [
        LeadRecalled(lead_id, stands[lead_id], seat_id, reason)
        for lead_id, _, seat_id, _, reason in closed
    ]
    append_all(events, actor=RULES, at=now)
    announce(Hint(row[0], member_id=row[3]) for row in closed)
    announce(Hint(lead_id, team_id=team_id) for lead_id, team_id in stands.items())
    return Counter(row[2] for row in closed)


def note_overloads(now: datetime) -> None:
    """Keep since when people hold more than they may, where what is too much goes back."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into pools_overload (seat_id, since)
            select s.id, %s from handoff_seat s join pools_poolpolicy y on y.team_id = s.team_id
            where y.takes_excess and s.left_at is null and s.open_count > s.capacity
            on conflict do nothing
            """,
            [now],
        )
        cursor.execute(
            """
            update pools_overload o set until_at = %s from handoff_seat s
            where o.until_at is null and s.id = o.seat_id and (s.open_count <= s.capacity
              or not exists (select from pools_poolpolicy y
                where y.team_id = s.team_id and y.takes_excess))
            """,
            [now],
        )
