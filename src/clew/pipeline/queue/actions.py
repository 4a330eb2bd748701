"""Keeping the order that was shown, taking in what was given without network, measuring what waiting costs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from clew.access.models import Member
from clew.base.bulk import delete_some
from clew.base.sealing import seal
from clew.errors import ClewError
from clew.pipeline.actions.leads import CallIn, log_call
from clew.pipeline.forms import CallForm
from clew.pipeline.queue.errors import ResultUnreadable, StrayMissing
from clew.pipeline.queue.fading import START
from clew.pipeline.queue.late import Result
from clew.pipeline.queue.models import Measurement, Shown, Stray
from clew.pipeline.queue.queries import stray_place
from clew.pipeline.queue.rules import UNGRADED, Count, measured
from clew.pipeline.queue.written import written_told, written_worth

ROWS_AT_MOST = 500
MATURE, YEAR = timedelta(days=30), timedelta(days=365)
A_DAY = timedelta(days=1)
LOCK = 0x77616974  # "wait": one process measures
# By channel, the grade at the first attempt, and steps of the wait of about a quarter: how many, how many of them won.
FIRSTS = """
select s.is_online, coalesce(g.level, %(ungraded)s), f.answered_at is not null and f.answered_at <= f.tried_at,
  f.answered_at is not null, (exp(avg(w.waited)) - 1)::float, count(*), count(p.id)
from contacts_lead l
join pipeline_firstcontact f on f.lead_id = l.id
join capture_source s on s.id = l.source_id
cross join lateral (select ln(1 + greatest(0, extract(epoch from f.tried_at - l.opened_at)) / 300.0) waited) w
left join grading_grade g on g.lead_id = l.id and g.graded_at <= f.tried_at
  and (g.superseded_at is null or g.superseded_at > f.tried_at)
left join handoff_placement p on p.lead_id = l.id and p.closed_at is null and p.kind = 'closed' and p.reason = 'won'
where l.opened_at between %(since)s and %(until)s and not l.is_history
group by 1, 2, 3, 4, floor(4 * w.waited)
"""
WORTH = """
select s.is_online, coalesce(g.level, %(ungraded)s), count(*), avg(r.value_minor)::float
from pipeline_result r
join contacts_lead l on l.id = r.lead_id
join capture_source s on s.id = l.source_id
left join grading_grade g on g.lead_id = l.id and g.superseded_at is null
where r.is_won and r.value_minor > 0 and r.currency = 'CNY' and l.opened_at between %(since)s and %(until)s
group by 1, 2
"""


def keep_order(lead_ids: Sequence[UUID], *, member: Member, now: datetime) -> None:
    """Keep the order in which a page shows the day. Ids that are not the member's do no harm: nothing is shown by them."""
    order = list(dict.fromkeys(lead_ids))[:ROWS_AT_MOST]
    Shown.objects.update_or_create(member=member, defaults={"lead_ids": order, "at": now})


def measure_daily(now: datetime) -> None:
    """Measure anew where the last time is a day ago; one process does it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
            (is_ours,) = cursor.fetchone()
        if is_ours and not Measurement.objects.filter(at__gt=now - A_DAY).exists():
            measure(now)


def measure(now: datetime) -> Measurement:
    """Count how leads of the past year came out by their wait, and measure the effect of waiting from it.

    Leads of the last thirty days are left out, whatever became of them: quick orders would count for more.
    """
    span: dict[str, Any] = {"since": now - YEAR, "until": now - MATURE, "ungraded": UNGRADED}
    with connection.cursor() as cursor:
        cursor.execute(FIRSTS, span)
        counts = [
            Count((online, level), START * waited, was, is_, count, won)
            for online, level, was, is_, waited, count, won in cursor.fetchall()
        ]
        cursor.execute(WORTH, span)
        worth = {(online, level): (count, mean) for online, level, count, mean in cursor.fetchall()}
    found, told = measured(counts)
    return Measurement.objects.create(
        at=now,
        told=written_told(told),
        worth=written_worth(worth),
        power=found.power if found else None,
        error=found.error if found else None,
        lead_count=sum(one.count for one in counts),
        won_count=sum(one.won for one in counts),
    )


def take_in(result: Result, *, at: datetime, member: Member, now: datetime) -> str:
    """Log a call whose result was given without network, at that time; "" where that went well.

    What does not fit any more is kept as a stray, with the words, and the code that says why. The same result again
    changes nothing and says the same. `at` and `now` are local: "tomorrow" was said on that day.
    """
    known = Stray.objects.filter(pk=result.call_id, member=member).values_list("code", flat=True)
    if code := known.first():
        return code
    try:
        call = _call(result, at)
        log_call(result.lead, call, member=member, now=now, at=at)
    except ClewError as unfit:
        body = seal(msgspec.json.encode(result), stray_place(result.call_id))
        Stray.objects.get_or_create(
            call_id=result.call_id,
            defaults={
                "member": member,
                "lead_id": result.lead,
                "at": at,
                "code": unfit.code,
                "body": body,
                "kept_at": now,
            },
        )
        return unfit.code
    return ""


def dismiss(call_id: UUID, *, member: Member) -> None:
    """Drop a stray that its member has read. Raises StrayMissing."""
    count, _of = Stray.objects.filter(pk=call_id, member=member).delete()
    if not count:
        raise StrayMissing


def forget(lead_ids: Sequence[UUID]) -> None:
    """Drop the strays of leads that are undone."""
    Stray.objects.filter(lead_id__in=lead_ids).delete()


def drop_strays(before: datetime, most: int) -> int:
    """Delete strays that were kept before a time. Returns how many."""
    return delete_some("queue_stray", "kept_at < %s", [before], most)


def _call(result: Result, at: datetime) -> CallIn:
    sent = msgspec.to_builtins(result)
    form = CallForm({name: sent[name] for name in CallForm.base_fields})
    if not form.is_valid():
        raise ResultUnreadable
    return form.call(at)
