"""Keeping the copy of where leads stand: filled once, lead by lead, and from then on with what was touched.

Nobody waits for it and it holds nobody up: it locks nothing but its own rows, and counting is exact however
far it has come.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from clew.base.changes import horizon
from clew.base.models import Entry
from clew.contacts.models import Lead
from clew.tally.models import Progress, Standing
from clew.tally.standing import COLUMNS, GROUP, TIMES, as_they_stand, touched

AT_ONCE = 10_000
EVENTS_OF_A_LEAD = 10
LOCK = 0x7374616E  # "stan": one process at a time
KEPT = ("group_id", "opened_at", *TIMES)
COPY = """
with l ({columns}) as materialized ({live}),
fresh as (insert into tally_group ({group}) select distinct {group} from l
  on conflict do nothing returning id, {group}),
g as (select id as group_id, {group} from tally_group union all select id, {group} from fresh)
insert into tally_standing as s (lead_id, {kept})
select l.pk, {kept} from l join g on {alike}
on conflict (lead_id) do update set ({kept}) = ({excluded}) where ({of_s}) is distinct from ({excluded})
"""
# The leads are asked for once, not again for each row of the copy.
DROP_GONE = """
delete from tally_standing where lead_id = any(array({found}))
  and not exists (select from contacts_lead l where l.id = lead_id)
"""
EMPTY = {
    "team_id": "0",
    "kind": "''",
    "reason": "''",
}  # stands for nothing where groups are compared
PARTS = {
    "columns": ", ".join(COLUMNS),
    "group": ", ".join(GROUP),
    "kept": ", ".join(KEPT),
    "of_s": ", ".join(f"s.{name}" for name in KEPT),
    "excluded": ", ".join(f"excluded.{name}" for name in KEPT),
    "alike": " and ".join(
        f"coalesce(g.{name}, {EMPTY[name]}) = coalesce(l.{name}, {EMPTY[name]})"
        if name in EMPTY
        else f"g.{name} = l.{name}"
        for name in GROUP
    ),
}


@transaction.atomic
def keep_up(at_once: int = AT_ONCE) -> bool:
    """Bring the copy up to what is certain by now, about so many leads at a time; True where there is more.

    It begins in a transaction that has written nothing. Where nothing was touched it writes nothing.
    """
    top, next_one = horizon()  # before anything is read: all that is below it can be read
    if not _lock():
        return False
    far = Progress.objects.filter(known_below__lte=next_one).first()
    if far is None:
        return _begin(top)
    if not far.is_whole:
        return _fill(far, at_once)
    return _catch_up(far, top, at_once)


def settle() -> None:
    """After a restore into another server: give the copy up where its number lies ahead of those given out here."""
    _lowest, next_one = horizon()
    Progress.objects.filter(known_below__gt=next_one).delete()


def _lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _begin(top: int) -> bool:
    Standing.objects.all().delete()
    begun = {"known_below": top, "filled_to": None, "is_whole": False}
    Progress.objects.update_or_create(pk=1, defaults=begun)
    return True


def _fill(far: Progress, at_once: int) -> bool:
    """Copy the next leads; what is touched meanwhile has a number from `known_below` on."""
    ahead = Lead.objects.order_by("pk")
    if far.filled_to:
        ahead = ahead.filter(pk__gt=far.filled_to)
    last = ahead.values_list("pk", flat=True)[at_once - 1 : at_once].first()
    _copy(ahead.filter(pk__lte=last) if last else ahead)
    far.filled_to, far.is_whole = last, last is None
    far.save()
    return True


def _catch_up(far: Progress, top: int, at_once: int) -> bool:
    end = _end(far.known_below, top, at_once)
    found = touched(far.known_below, end)
    if end <= far.known_below or not found.exists():
        return False
    _drop_gone(found)
    _copy(Lead.objects.filter(pk__in=found))
    far.known_below = end
    far.save()
    return end < top


def _end(since: int, top: int, at_once: int) -> int:
    """Give a number up to which about so many leads were touched, and none is left in the middle of a transaction."""
    for model, count in ((Lead, at_once), (Entry, at_once * EVENTS_OF_A_LEAD)):
        wrote = model.objects.filter(written_in__gte=since, written_in__lt=top)
        numbers = wrote.order_by("written_in").values_list("written_in", flat=True)
        last = numbers[count : count + 1].first()
        top = top if last is None else last + 1
    return top


def _drop_gone(found: QuerySet[Any, Any]) -> None:
    named, given = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(DROP_GONE.format(found=named), given)


def _copy(leads: QuerySet[Lead]) -> None:
    live, given = as_they_stand(leads).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(COPY.format(live=live, **PARTS), given)
