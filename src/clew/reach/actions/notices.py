"""Telling people what happened to their leads, set-based, and taking back what is over.

Every action looks at how the leads stand now, not at how they stood when it happened: what is no longer so is
not told. Repeating one changes nothing: a notice is one row per member, entry of the ledger and kind.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from clew.access.models import Member, Role
from clew.base.bulk import as_array, delete_some
from clew.base.hearing import Heard
from clew.base.live import NOTICES, Hint, announce
from clew.grading.models import Level
from clew.reach.actions.planning import ask_again, plan
from clew.reach.models import Notice

Kind, End = Notice.Kind, Notice.End

HOLDERS = """
select p.lead_id, s.member_id, g.level
from handoff_placement p join handoff_seat s on s.id = p.seat_id
join access_member m on m.id = s.member_id and m.is_active
join grading_grade g on g.lead_id = p.lead_id and g.superseded_at is null
where p.closed_at is null and p.lead_id = any(%s::uuid[])
"""
BEFORE = """
select p.lead_id, p.closed_at, s.member_id
from handoff_placement p join handoff_seat s on s.id = p.seat_id
join access_member m on m.id = s.member_id and m.is_active
where p.closed_at is not null and p.lead_id = any(%s::uuid[])
"""
# What a clock brings about at a moment is done before anybody else has the lead from that moment on.
THEN = """
select h.entry_id, s.member_id from unnest(%s::bigint[], %s::uuid[], %s::timestamptz[]) as h(entry_id, lead_id, at)
join handoff_placement p on p.lead_id = h.lead_id and p.opened_at < h.at
  and (p.closed_at is null or p.closed_at >= h.at)
join handoff_seat s on s.id = p.seat_id
"""
WRITE = """
insert into reach_notice (member_id, lead_id, kind, entry_id, by_id, at, told_at, "end")
select n.member_id, n.lead_id, n.kind, n.entry_id, n.by_id, n.at, %s, ''
from unnest(%s::bigint[], %s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[])
  as n(member_id, lead_id, kind, entry_id, by_id, at)
on conflict do nothing returning id, member_id, lead_id, kind
"""
MANAGERS = """
select p.lead_id, m.id from handoff_placement p
left join (access_membership t
  join access_member m on m.id = t.member_id and m.is_active and m.role = 'manager') on t.team_id = p.team_id
where p.closed_at is null and p.kind <> 'closed' and p.lead_id = any(%s::uuid[])
"""
FORGET = (
    "delete from reach_delivery where notice_id in (select id from reach_notice where lead_id = any(%(leads)s::uuid[]))",
    "delete from reach_notice where lead_id = any(%(leads)s::uuid[])",
)
DROP = "notice_id in (select id from reach_notice where told_at < %s order by told_at limit %s)"
OVER = """
update reach_notice n set over_at = %s, "end" = %s
from unnest(%s::uuid[], %s::timestamptz[]) as h(lead_id, at)
where n.lead_id = h.lead_id and n.over_at is null and n.kind <> 'taken' and {condition}
returning n.member_id
"""
SINCE = "n.at <= h.at"  # what came after it is news
HELD = """exists (select from handoff_placement p join handoff_seat s on s.id = p.seat_id
  where p.lead_id = n.lead_id and p.closed_at is null and s.member_id = n.member_id)"""


@dataclass(frozen=True, slots=True)
class _Holder:
    member_id: int
    level: int


def tell_of_placed(heard: Sequence[Heard], now: datetime) -> None:
    """Tell whoever has a lead of high intent from the belt, or from the pool by turn."""
    to_people = [one for one in heard if one.told()["kind"] == "person"]
    holders = _holders(to_people)
    _write(
        (
            _row(one, holders[one.subject].member_id, Kind.HOT)
            for one in to_people
            if one.subject in holders and holders[one.subject].level == Level.HIGH
        ),
        now,
    )


def tell_of_given(heard: Sequence[Heard], now: datetime) -> None:
    """Tell whoever was given a lead by somebody else, and whoever it was taken from."""
    _withdraw(heard, now)
    holders = _holders(heard)
    mine = [(one, holders[one.subject].member_id) for one in heard if one.subject in holders]
    _write([_row(one, to, Kind.GIVEN) for one, to in mine if to != one.member_id], now)
    tell_of_taken(heard, now)


def tell_of_taken(heard: Sequence[Heard], now: datetime) -> None:
    """Tell whoever lost a lead by somebody else's hand, to a colleague or to the pool."""
    _withdraw(heard, now)
    before, holders = _before(heard), _holders(heard)
    lost = (
        (one, member_id)
        for one in heard
        for member_id in before.get((one.subject, one.at), ())
        if member_id != one.member_id
        if one.subject not in holders or holders[one.subject].member_id != member_id
    )
    _write([_row(one, member_id, Kind.TAKEN) for one, member_id in lost], now)


def tell_of_soon(heard: Sequence[Heard], now: datetime) -> None:
    """Tell whoever has a lead that a clock of it runs out."""
    _write([_row(one, h.member_id, Kind.SOON) for one, h in _held(heard)], now)


def tell_of_late(heard: Sequence[Heard], now: datetime) -> None:
    """Tell whoever has a lead that a clock of it ran out; that it would is nothing to be read then."""
    _over(heard, End.PASSED, now, "n.kind = 'soon'")
    _write([_row(one, h.member_id, Kind.LATE) for one, h in _held(heard)], now)


def tell_managers(heard: Sequence[Heard], now: datetime) -> None:
    """Tell the managers of a lead's team that a clock of it ran out some while ago, and with whom."""
    managers, with_whom = _managers(_leads(heard)), _holders_then(heard)
    kinds = {one.entry_id: _escalated(one) for one in heard}
    _write(
        [
            _row(one, pk, kinds[one.entry_id], by_id=with_whom.get(one.entry_id))
            for one in heard
            for pk in managers.get(one.subject, ())
        ],
        now,
    )


@transaction.atomic
def hand_on(now: datetime) -> bool:
    """Take what nobody read in time another way, then to the managers. True where there was something."""
    found, handed_on = ask_again(now)
    managers = _managers({n.lead_id for n in handed_on})
    _write(
        [
            Notice(
                member_id=pk,
                lead_id=n.lead_id,
                kind=Kind.UNREAD,
                entry_id=n.entry_id,
                at=n.at,
                by_id=n.member_id,
            )
            for n in handed_on
            for pk in managers.get(n.lead_id, ())
            if pk != n.member_id
        ],
        now,
    )
    return found > 0


def settle_tried(heard: Sequence[Heard], now: datetime) -> None:
    """Somebody tried to reach the person: nothing of it needs to be read any more, but that it is stuck in its stage."""
    _over(heard, End.DONE, now, f"{SINCE} and n.kind <> 'stuck'")


def settle_gone_on(heard: Sequence[Heard], now: datetime) -> None:
    """The lead went on to another stage, or ended: nothing of it needs to be read any more."""
    _over(heard, End.DONE, now, SINCE)


def read(member: Member, now: datetime, lead_ids: Collection[UUID] | None = None) -> int:
    """Let a member have read the open notices, those of some leads or all. Returns how many there were."""
    mine = Notice.objects.filter(member=member, read_at=None, over_at=None)
    if lead_ids is not None:
        mine = mine.filter(lead__in=lead_ids)
    with transaction.atomic():
        count = mine.update(read_at=now)
        if count:
            announce([Hint(NOTICES, member_id=member.pk)])
    return count


def forget(lead_ids: Iterable[UUID]) -> None:
    """Drop the notices of leads that are undone."""
    values = {"leads": as_array(lead_ids)}
    with connection.cursor() as cursor:
        for statement in FORGET:
            cursor.execute(statement, values)


def drop_notices(before: datetime, most: int) -> int:
    """Delete notices from before a time, and what became of them. Returns how many."""
    while delete_some("reach_delivery", DROP, [before, most], most) == most:
        pass
    return delete_some(
        "reach_notice",
        "told_at < %s and not exists (select from reach_delivery d where d.notice_id = reach_notice.id)",
        [before],
        most,
    )


def _held(heard: Sequence[Heard]) -> list[tuple[Heard, _Holder]]:
    holders = _holders(heard)
    return [(one, holders[one.subject]) for one in heard if one.subject in holders]


def _holders(heard: Sequence[Heard]) -> dict[UUID, _Holder]:
    if not heard:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, [as_array(_leads(heard))])
        return {lead_id: _Holder(member_id, level) for lead_id, member_id, level in cursor}


def _before(heard: Sequence[Heard]) -> dict[tuple[UUID, datetime], list[int]]:
    """Give who held a lead until a moment."""
    found: dict[tuple[UUID, datetime], list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(BEFORE, [as_array(_leads(heard))])
        for lead_id, until, member_id in cursor:
            found.setdefault((lead_id, until), []).append(member_id)
    return found


def _holders_then(heard: Sequence[Heard]) -> dict[int, int]:
    """Give who held each lead when it happened, by entry: who has it now may have got it since."""
    with connection.cursor() as cursor:
        cursor.execute(
            THEN,
            [
                [one.entry_id for one in heard],
                as_array(one.subject for one in heard),
                [one.at for one in heard],
            ],
        )
        return dict(cursor.fetchall())


def _escalated(heard: Heard) -> Notice.Kind:
    return Kind.STUCK if heard.told().get("kind") == "stage" else Kind.UNMET


def _managers(lead_ids: Collection[UUID]) -> dict[UUID, list[int]]:
    """Give the managers of each lead's team; the administrators where it has none."""
    found: dict[UUID, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(MANAGERS, [as_array(lead_ids)])
        for lead_id, member_id in cursor:
            found.setdefault(lead_id, []).extend([member_id] if member_id else [])
    orphans = [lead_id for lead_id, members in found.items() if not members]
    if orphans:
        others = Member.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
        administrators = list(others.values_list("pk", flat=True))
        found |= dict.fromkeys(orphans, administrators)
    return found


def _leads(heard: Sequence[Heard]) -> set[UUID]:
    return {one.subject for one in heard}


def _row(heard: Heard, member_id: int, kind: Notice.Kind, *, by_id: int | None = None) -> Notice:
    return Notice(
        member_id=member_id,
        lead_id=heard.subject,
        kind=kind,
        entry_id=heard.entry_id,
        by_id=by_id or heard.member_id,
        at=heard.at,
    )


def _write(notices: Iterable[Notice], now: datetime) -> None:
    rows = list(notices)
    if not rows:
        return
    columns: list[Any] = [
        [n.member_id for n in rows],
        as_array(n.lead_id for n in rows),
        [str(n.kind) for n in rows],
        [n.entry_id for n in rows],
        [n.by_id for n in rows],
        [n.at for n in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [now, *columns])
        new = [
            Notice(pk=pk, member_id=member_id, lead_id=lead_id, kind=kind, told_at=now)
            for pk, member_id, lead_id, kind in cursor.fetchall()
        ]
    _announce({n.member_id for n in new})
    plan(new, now)


def _withdraw(heard: Sequence[Heard], now: datetime) -> None:
    """Take back what was told of leads to those who no longer have them."""
    _over(heard, End.GONE, now, f"not {HELD}")


def _over(heard: Sequence[Heard], end: Notice.End, now: datetime, condition: str) -> None:
    times = [one.at for one in heard]
    leads = as_array(one.subject for one in heard)
    _changed(OVER.format(condition=condition), [now, str(end), leads, times])


def _changed(statement: str, values: Sequence[Any]) -> None:
    """Write, and tell the open pages of those concerned."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        members = {member_id for (member_id,) in cursor.fetchall()}
    _announce(members)


def _announce(members: Iterable[int]) -> None:
    announce(Hint(NOTICES, member_id=member_id) for member_id in sorted(members))
