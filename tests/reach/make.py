"""What the tests of this stage begin with: somebody listens, and a lead comes in."""

from uuid import UUID

from clew.access.models import Member
from clew.base.hearing import hear
from clew.handoff.models import Seat
from clew.reach.models import Notice
from clew.web.flow import HEARD
from clew.web.telling import EAR
from tests.company import HOT, MONDAY_NOON, Company, enquire, found
from tests.pipeline.desk import Desk, holder

NOW = MONDAY_NOON


def listened() -> Company:
    """Found a company in which nothing has happened yet that anybody was to be told of."""
    company = found()
    listen()
    return company


def listen() -> int:
    """Let everything be heard that has happened."""
    count = 0
    while heard := hear(EAR, HEARD, NOW):
        count += heard
    return count


def hot() -> Desk:
    """Let one lead of high intent come to somebody who is told of it."""
    company = listened()
    lead_id = enquire(company.site, name="周建国", phone="13812345678", **HOT)
    listen()
    return Desk(company, lead_id, holder(lead_id))


def told(member: Member) -> list[str]:
    """Give the kinds of what a member was told, oldest first; what is over in brackets."""
    found = Notice.objects.filter(member=member).order_by("pk")
    return [f"({n.kind} {n.end})" if n.over_at else n.kind for n in found]


def seat_of(member: Member) -> Seat:
    return Seat.objects.get(member=member)


def others(desk: Desk) -> list[Member]:
    """Give the colleagues of whoever has the lead."""
    return [person for person in desk.company.people if person != desk.holder]


def kinds(lead_id: UUID) -> list[str]:
    return list(Notice.objects.filter(lead=lead_id).order_by("pk").values_list("kind", flat=True))
