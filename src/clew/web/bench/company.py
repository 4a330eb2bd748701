"""The company the bench works for: 40 people in two teams who are always on duty, and two sources."""

from datetime import UTC, datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.management import call_command

from clew.access.models import Member, Organisation, Role, Team
from clew.base.ledger import Actor
from clew.capture.models import Source
from clew.handoff.actions.seats import join
from clew.handoff.models import Calendar, Method
from clew.web.seed import ensure

BENCH = Actor("system", "bench")
TEAM_SIZE = 20
CAPACITY = 1_000_000
DAY = 24 * 60
ALWAYS = [[day * DAY, (day + 1) * DAY] for day in range(7)]


def sources() -> list[Source]:
    """Give the company's sources; make the tables and the company, unless an earlier part has."""
    call_command("migrate", interactive=False, verbosity=0)
    known = list(Source.objects.order_by("pk"))
    return known or found(datetime.now(UTC))


def found(now: datetime) -> list[Source]:
    """Set it up by the rules every deployment starts with. Returns the sources."""
    ensure(now)
    organisation = Organisation.objects.create(name="bench")
    calendar = Calendar.objects.create(name="always", week=ALWAYS)
    for side in Method.Side.values:
        team = Team.objects.create(organisation=organisation, name=side)
        Method.objects.create(team=team, calendar=calendar, side=side)
        for number in range(TEAM_SIZE):
            _salesperson(team, f"{side}{number}", now)
    return [
        Source.objects.create(
            key=key, name=key, kind="own", is_online=is_online, cost_minor=3860, created_at=now
        )
        for key, is_online in (("site", True), ("fair", False))
    ]


def _salesperson(team: Team, username: str, now: datetime) -> None:
    member = Member.objects.create(
        organisation=team.organisation,
        username=username,
        name=username,
        role=Role.SALESPERSON,
        joined_at=now,
        password=UNUSABLE_PASSWORD_PREFIX,
    )
    join(team.pk, member.pk, weight=1, capacity=CAPACITY, actor=BENCH, now=now)
