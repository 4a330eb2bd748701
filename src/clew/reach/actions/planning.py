"""What goes out when: by each member's wishes and quiet hours, and on to others where it stays unread."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from clew.access.models import Member
from clew.handoff.models import Placement
from clew.reach.models import Delivery, Notice, Outlet, QuietTime, Wish
from clew.reach.queries import patience, serving
from clew.reach.rules import ASKED, HANDED_ON, MAIL, ROBOT, USUAL, Quiet, When, due, loud

AT_ONCE = 500
State, Kind = Delivery.State, Notice.Kind


def plan(notices: Sequence[Notice], now: datetime) -> None:
    """Let new notices go out as their members wish, and look again later whether they were read."""
    if not notices:
        return
    asked = _Asked(notices, now)
    deliveries = [d for n in notices if n.kind != Kind.TAKEN for d in asked.deliveries(n, now)]
    deliveries += _retractions([n for n in notices if n.kind == Kind.TAKEN], asked, now)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    wait = timedelta(minutes=patience().next_minutes)
    for n in notices:
        n.asks_at = loud(now, asked.quiet.get(n.member_id)) + wait if n.kind in ASKED else None
    Notice.objects.bulk_update([n for n in notices if n.asks_at], ["asks_at"])


@transaction.atomic
def ask_again(now: datetime) -> tuple[int, list[Notice]]:
    """Take notices that nobody read in time one step further: the next way, then the managers.

    Returns how many there were, and those of which managers are to be told.
    """
    waiting = Notice.objects.filter(read_at=None, over_at=None, asks_at__lte=now)
    found = list(
        waiting.select_for_update(skip_locked=True, of=("self",)).order_by("asks_at")[:AT_ONCE]
    )
    if not found:
        return 0, []
    asked = _Asked(found, now)
    first = [n for n in found if n.step == 0]
    Delivery.objects.bulk_create(
        [d for n in first for d in asked.deliveries(n, now, is_unread=True)], ignore_conflicts=True
    )
    terms = patience()
    wait = timedelta(minutes=terms.manager_minutes - terms.next_minutes)
    for n in found:
        is_last = n.step or n.kind not in HANDED_ON
        n.asks_at = None if is_last else now + wait
    handed_on = [n for n in found if n.step == 1]
    for n in found:
        n.step += 1
    Notice.objects.bulk_update(found, ["asks_at", "step"])
    return len(found), handed_on


class _Asked:
    """What some members wish, when they are left alone, and where they can be reached."""

    def __init__(self, notices: Sequence[Notice], now: datetime) -> None:
        member_ids = {n.member_id for n in notices}
        lead_ids = {n.lead_id for n in notices}
        wishes = Wish.objects.filter(member__in=member_ids)
        zone = ZoneInfo(settings.TIME_ZONE)
        self.wishes = {(w.member_id, w.kind, w.medium): When(w.when) for w in wishes}
        self.quiet = {
            q.member_id: Quiet(q.from_minute, q.until_minute, zone)
            for q in QuietTime.objects.filter(member__in=member_ids)
        }
        self.outlets: dict[str, Mapping[int, Sequence[tuple[UUID, int | None]]]] = {
            ROBOT: serving(member_ids),
            MAIL: _mailboxes(member_ids, now),
        }
        self.teams = dict(
            Placement.objects.filter(lead__in=lead_ids, closed_at=None).values_list("lead", "team")
        )

    def when(self, n: Notice, medium: str) -> When:
        """Say when a member wants to be told of a notice's kind."""
        return self.wishes.get((n.member_id, n.kind, medium)) or USUAL[n.kind, medium]

    def deliveries(
        self, n: Notice, now: datetime, *, is_unread: bool = False
    ) -> Iterable[Delivery]:
        """Give what goes out of a new notice, or of one that is still unread."""
        quiet = self.quiet.get(n.member_id)
        for medium, outlets in self.outlets.items():
            when = self.when(n, medium)
            if is_unread:
                at = loud(now, quiet) if when == When.UNREAD else None
            else:
                at = due(when, now, quiet)
            if at is None:
                continue
            for outlet_id, team_id in outlets.get(n.member_id, ()):
                if team_id not in {None, self.teams.get(n.lead_id)}:
                    continue  # a team's group hears of the team's leads alone
                yield Delivery(notice=n, outlet_id=outlet_id, due_at=at)


def _retractions(taken: Sequence[Notice], asked: _Asked, now: datetime) -> list[Delivery]:
    """Say that a lead is somebody else's now where it was spoken of before and nobody had looked.

    No vendor lets a robot take back what it said.
    """
    said = Delivery.objects.filter(
        state__in=[State.SENT, State.UNKNOWN],
        notice__lead__in={n.lead_id for n in taken},
        notice__read_at=None,
        outlet__retired_at=None,
    ).exclude(notice__kind=Kind.TAKEN)
    places = said.values_list("notice__member", "notice__lead", "outlet", "outlet__vendor")
    spoken: dict[tuple[int, UUID], set[tuple[UUID, str]]] = {}
    for member_id, lead_id, outlet_id, vendor in places if taken else ():
        medium = MAIL if vendor == Outlet.Vendor.EMAIL else ROBOT
        spoken.setdefault((member_id, lead_id), set()).add((outlet_id, medium))
    return [
        Delivery(notice=n, outlet_id=outlet_id, due_at=at)
        for n in taken
        for outlet_id, medium in sorted(spoken.get((n.member_id, n.lead_id), ()))
        if (at := due(asked.when(n, medium), now, asked.quiet.get(n.member_id)))
    ]


def _mailboxes(member_ids: set[int], now: datetime) -> dict[int, list[tuple[UUID, None]]]:
    """Give the outlet of each member with an e-mail address; there are none where mail cannot be sent."""
    if not settings.SMTP:
        return {}
    members = Member.objects.filter(pk__in=member_ids, is_active=True).exclude(email="")
    mail = Outlet.objects.filter(vendor=Outlet.Vendor.EMAIL, member__in=members)
    known = dict(mail.values_list("member", "pk"))
    missing = [pk for pk in members.values_list("pk", flat=True) if pk not in known]
    if missing:
        Outlet.objects.bulk_create(
            [
                Outlet(id=uuid4(), vendor=Outlet.Vendor.EMAIL, member_id=pk, made_at=now)
                for pk in missing
            ],
            ignore_conflicts=True,
        )
        known = dict(mail.values_list("member", "pk"))
    return {member_id: [(outlet_id, None)] for member_id, outlet_id in known.items()}
