"""What the tests of a salesperson's day begin with: a lead in somebody's hands."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clew.access.models import Member
from clew.base.ids import uuid7
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import CallIn
from clew.pipeline.models import Call
from tests.company import HOT, MONDAY_NOON, Company, enquire, found

NOON = MONDAY_NOON.astimezone(ZoneInfo("Asia/Shanghai"))
TOMORROW = NOON + timedelta(days=1)


@dataclass(frozen=True)
class Desk:
    """A company with one hot lead, and who holds it."""

    company: Company
    lead_id: UUID
    holder: Member


def desk() -> Desk:
    """Found the company and let one hot lead come in."""
    company = found()
    lead_id = enquire(company.site, name="周建国", phone="13812345678", **HOT)
    return Desk(company, lead_id, holder(lead_id))


def holder(lead_id: UUID) -> Member:
    """Give the member who holds a lead."""
    placement = Placement.objects.select_related("seat__member").get(lead=lead_id, closed_at=None)
    assert placement.seat
    return placement.seat.member


def call(result: Call.Result = Call.Result.NO_ANSWER, **changes: object) -> CallIn:
    """Fill in a call sheet."""
    given = {"call_id": uuid7(), "result": result, "next_at": TOMORROW} | changes
    return CallIn(**given)  # type: ignore[arg-type]
