"""Reading what rests, when it is due, and who looks after it. The first argument is who is asking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from clew.access.models import Member, Role, Team
from clew.access.queries import teams
from clew.contacts.queries import identifiers, masked
from clew.handoff.calendars import Hours, hours
from clew.handoff.queries import visible_among
from clew.pipeline.leads import Listed, listed
from clew.pipeline.moves.models import Exit
from clew.pipeline.moves.queries import name
from clew.pipeline.resting.errors import RestMissing
from clew.pipeline.resting.models import Keeper, Rest, RestPolicy, Touch
from clew.pipeline.resting.rules import USUAL, Pace
from clew.pipeline.resting.wording import REASONS, RESULTS
from clew.pipeline.rules import midnight
from clew.pipeline.wording import word

PAGE = 50


def policies() -> list[RestPolicy]:
    """Give all policies, with what their teams work by. One statement."""
    return list(RestPolicy.objects.select_related("team__method__calendar").order_by("pk"))


def policy_of(team_id: int | None) -> RestPolicy | None:
    """Give the policy of a team, or the company's."""
    found = RestPolicy.objects.select_related("team__method__calendar")
    return found.filter(team=team_id).first()


def pace_of(policy: RestPolicy | None) -> Pace:
    """Give how often leads are touched by a policy; as is usual where there is none any more."""
    return Pace(policy.every_days, policy.touches_at_most) if policy else USUAL


def hours_of(team: Team | None) -> Hours | None:
    """Give when a team works; nothing for the company, and for a team that takes no leads."""
    method = getattr(team, "method", None)
    if method is None:
        return None
    own = method.calendar
    return hours(own.time_zone, own.week, own.days_off, own.days_on)


def is_keeper(viewer: Member) -> bool:
    """Tell whether somebody looks after resting leads: whoever is named for it, and all who manage."""
    return viewer.role != Role.SALESPERSON or Keeper.objects.filter(member=viewer).exists()


def rests_of(viewer: Member) -> QuerySet[Rest]:
    """Give what rests and rested in the pools that a member looks after or manages; administrators see all."""
    if viewer.role == Role.ADMINISTRATOR:
        return Rest.objects.all()
    kept = set(Keeper.objects.filter(member=viewer).values_list("policy__team", flat=True))
    seen = Q(team__in=kept - {None})
    if None in kept:
        seen |= Q(team=None)
    if viewer.role == Role.MANAGER:
        seen |= Q(team__in=teams(viewer))
    return Rest.objects.filter(seen)


def resting(viewer: Member, lead_id: UUID) -> Rest:
    """Give the rest of a lead that the viewer looks after, the newest. Raises RestMissing."""
    found = rests_of(viewer).filter(lead=lead_id).order_by("-pk")
    one = found.select_related("lead__contact", "lead__source", "team").first()
    if one is None:
        raise RestMissing
    return one


@dataclass(frozen=True, slots=True)
class Row:
    """A resting lead in the list; `last` is the newest touch, in words, if there is one."""

    rest: Rest
    lead: Listed
    why: str
    last: str
    last_at: datetime | None
    last_by: str
    is_due: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some resting leads; how many are due today, how many rest, and the key of the next page."""

    rows: list[Row]
    due_count: int
    count: int
    after: int | None


def page(
    viewer: Member, now: datetime, *, is_whole: bool = False, after: int | None = None
) -> Page:
    """Give what is due until midnight, what waits longest first; or all, newest first. `now` is local.

    A fixed number of statements.
    """
    open_ = rests_of(viewer).filter(ended_at=None)
    due = open_.filter(next_touch_at__lte=midnight(now))
    if is_whole:
        found = open_.filter(pk__lt=after) if after else open_
        found = found.order_by("-pk")
    else:
        found = due.order_by("next_touch_at", "pk")
    rests = list(found.select_related("team")[: PAGE + 1])
    kept = rests[:PAGE]
    return Page(
        rows=_rows(kept, now),
        due_count=due.count(),
        count=open_.count(),
        after=kept[-1].pk if is_whole and len(rests) > PAGE else None,
    )


def _rows(rests: Sequence[Rest], now: datetime) -> list[Row]:
    leads = listed([rest.lead_id for rest in rests])
    why = why_of(rests)
    newest = Touch.objects.filter(rest__in=rests, number=F("rest__touch_count"))
    touches = {one.rest_id: one for one in newest.select_related("member")}
    until = midnight(now)
    made = []
    for rest in rests:
        last = touches.get(rest.pk)
        made.append(
            Row(
                rest,
                leads[rest.lead_id],
                why[rest.pk],
                word(RESULTS, last.result) if last else "",
                last.at if last else None,
                last.member.name if last else "",
                is_due=rest.next_touch_at is not None and rest.next_touch_at <= until,
            )
        )
    return made


def why_of(rests: Iterable[Rest]) -> dict[int, str]:
    """Say why leads rest: how they ended, and the reason of their stage where one was given."""
    rests = list(rests)
    exits = Exit.objects.filter(lead__in=[rest.lead_id for rest in rests], returned_at=None)
    given = {one.lead_id: one.reason for one in exits.select_related("reason") if one.reason}
    words = {}
    for rest in rests:
        why, reason = word(REASONS, rest.reason), given.get(rest.lead_id)
        told = {"end": why, "reason": name(reason)} if reason else {}
        words[rest.pk] = _("%(end)s (%(reason)s)") % told if told else why
    return words


def touches_of(rest: Rest) -> list[tuple[Touch, str]]:
    """Give what was done about a resting lead, newest first, in words."""
    found = rest.touches.select_related("member").order_by("-number")
    return [(one, word(RESULTS, one.result)) for one in found]


def ways(rest: Rest) -> list[tuple[str, str]]:
    """Give how the person is reached: kind and masked value."""
    return [(way.kind, masked(way)) for way in identifiers(rest.lead)]


def is_seen(viewer: Member, lead_id: UUID) -> bool:
    """Tell whether somebody may see the lead's own page too."""
    return visible_among(viewer, [lead_id]).exists()


def candidates(team: Team | None) -> QuerySet[Member]:
    """Give who may be named to look after what rests: all of a team, or for the company's everybody."""
    found = Member.objects.filter(is_active=True)
    if team is not None:
        found = found.filter(memberships__team=team)
    return found.order_by("name", "pk")


@dataclass(frozen=True, slots=True)
class Told:
    """A policy as the page of pool rules tells it."""

    policy: RestPolicy
    ends: list[str]
    keepers: list[str]


def told() -> dict[int | None, Told]:
    """Give all policies in words, by team; nobody for the company's. Two statements."""
    found = RestPolicy.objects.prefetch_related("keepers__member")
    return {
        one.team_id: Told(
            one,
            [word(REASONS, end) for end in one.ends],
            sorted(keeper.member.name for keeper in one.keepers.all()),
        )
        for one in found
    }
