"""Online against offline: how many close, how long it takes, what a deal is worth and what it cost (INS-2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from clew.access.models import Member
from clew.handoff.queries import visible_leads
from clew.pipeline.filters import HISTORY, Filter
from clew.pipeline.matching import matching
from clew.pipeline.stages import LEFT, OPEN, WON
from clew.tally.counting import counted, roomy
from clew.tally.numbers import Named, Number, by_channel
from clew.tally.rules import Rate, rate

# Three quartiles each; what nobody has said, or is in another currency, is left out.
CAME_TO = """
select percentile_cont(array[0.25, 0.5, 0.75]) within group
    (order by extract(epoch from l.ended_at - l.opened_at)::float8),
  percentile_cont(array[0.25, 0.5, 0.75]) within group (order by r.value_minor::float8)
    filter (where r.currency = 'CNY'),
  count(r.value_minor) filter (where r.currency = 'CNY')
from contacts_lead l left join pipeline_result r on r.lead_id = l.id where l.id in ({won})
"""
COST = "select coalesce(sum(cost_minor), 0) from contacts_lead where id in ({all})"
Quartiles = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Side:
    """The leads of one channel. `days` and `ticket` are quartiles of what was won: seconds, and hundredths of yuan."""

    code: str
    received: Number
    won: Number
    left: Number
    open: Number
    of_received: Rate
    of_ended: Rate
    seconds: Quartiles | None
    ticket: Quartiles | None
    said_count: int
    cost_minor: int

    @property
    def cost_per_sale(self) -> int | None:
        """Give what all leads cost for each that was won, in hundredths; nothing where none was."""
        return round(self.cost_minor / self.won.count) if self.won.count else None


def sides(viewer: Member, wanted: Filter, known: Named) -> list[Side]:
    """Compare the channels of a settled filter among the leads that a member may see: enquiries, or old records."""
    is_old = wanted.place == HISTORY
    groups = [g for g in counted(viewer, wanted, known) if g.is_history == is_old]
    return [
        _side(viewer, part.name, part.wanted, part.groups)
        for part in by_channel(groups, wanted, known)
    ]


def _side(viewer: Member, code: str, wanted: Filter, groups: Sequence[Any]) -> Side:
    received = sum(g.count for g in groups)
    won = sum(g.count for g in groups if g.is_won)
    ended = sum(g.count for g in groups if g.is_closed)
    seconds, ticket, said = _came_to(viewer, replace(wanted, end=WON)) if won else (None, None, 0)
    return Side(
        code=code,
        received=Number(received, wanted),
        won=Number(won, replace(wanted, end=WON)),
        left=Number(ended - won, replace(wanted, end=LEFT)),
        open=Number(received - ended, replace(wanted, end=OPEN)),
        of_received=rate(won, received),
        of_ended=rate(won, ended),
        seconds=seconds,
        ticket=ticket,
        said_count=said,
        cost_minor=_row(viewer, wanted, COST, "all")[0] if received else 0,
    )


def _came_to(viewer: Member, wanted: Filter) -> tuple[Quartiles | None, Quartiles | None, int]:
    seconds, ticket, said = _row(viewer, wanted, CAME_TO, "won")
    return _rounded(seconds), _rounded(ticket), said


def _row(viewer: Member, wanted: Filter, statement: str, name: str) -> tuple[Any, ...]:
    """Ask one statement about exactly the leads that the list of a filter shows."""
    leads = matching(visible_leads(viewer), wanted).order_by().values("pk")
    sql, given = leads.query.sql_with_params()
    with roomy(), connection.cursor() as cursor:
        cursor.execute(statement.format(**{name: sql}), given)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _rounded(found: Sequence[float | None] | None) -> Quartiles | None:
    if not found or found[1] is None:
        return None
    low, middle, high = (round(one or 0) for one in found)
    return low, middle, high
