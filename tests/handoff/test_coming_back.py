"""Lifelong ownership, and a full team that overflows into another."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from clew.handoff.actions.leads import close
from clew.handoff.actions.seats import join, set_seat
from clew.handoff.models import Placement, Seat
from clew.handoff.pools.actions import PoolTerms, set_policy
from clew.handoff.pools.errors import OverflowUnknown
from clew.handoff.queries import trace
from clew.web.flow import tick, undo
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def policy(company: Company, **terms: Any) -> None:
    set_policy(company.online.pk, PoolTerms(**terms), actor=TESTER, now=MONDAY_NOON)


def place(lead_id: UUID) -> Placement:
    return Placement.objects.select_related("seat").get(lead=lead_id, closed_at=None)


def once_more(where: Company, **given: Any) -> tuple[UUID, Seat]:
    """A person who was with somebody, was lost, and asks again."""
    first = enquire(where.site, phone="13812340001", **HOT)
    seat = place(first).seat
    assert seat
    close(first, reason="lost_need", actor=TESTER, now=MONDAY_NOON)
    return enquire(where.site, MONDAY_NOON + HOUR, phone="13812340001", **given), seat


def counts(company: Company) -> int:
    return sum(Seat.objects.filter(team=company.online).values_list("open_count", flat=True))


@pytest.mark.parametrize("given", [HOT, COLD])
def test_a_person_comes_back_to_whoever_had_them_whatever_the_grade(
    given: dict[str, str],
) -> None:
    company = found()
    policy(company, is_lifelong=True)
    again, seat = once_more(company, **given)
    stands = place(again)
    assert (stands.seat, stands.reason, stands.round) == (seat, "own_customer", None)
    seat.refresh_from_db()
    assert seat.open_count == 1 == counts(company)
    assert trace(company.manager, again).reason == "own_customer"
    assert undo([again], MONDAY_NOON + 2 * HOUR).leads == 1
    assert counts(company) == 0


def test_without_the_rule_it_goes_as_all_others_do() -> None:
    company = found()
    again, _ = once_more(company, **COLD)
    assert place(again).kind == "pool"


@pytest.mark.parametrize("change", [{"is_present": False}, {"capacity": 0}])
def test_who_is_away_or_full_does_not_get_them(change: dict[str, Any]) -> None:
    company = found()
    policy(company, is_lifelong=True)
    first = enquire(company.site, phone="13812340001", **HOT)
    seat = place(first).seat
    assert seat
    close(first, reason="lost_need", actor=TESTER, now=MONDAY_NOON)
    given = {"weight": 1, "capacity": 50, "is_present": True} | change
    set_seat(seat.pk, **given, actor=TESTER, now=MONDAY_NOON)
    again = enquire(company.site, MONDAY_NOON + HOUR, phone="13812340001", **HOT)
    assert place(again).seat != seat
    assert place(again).reason == "turn"


def test_many_at_once_never_get_beyond_the_room_of_who_had_them() -> None:
    company = found(weights=(1, 1), capacity=3)
    policy(company, is_lifelong=True)
    seat = company.seats[0]
    for person in range(6):
        set_seat(
            company.seats[1].pk,
            weight=1,
            capacity=3,
            is_present=False,
            actor=TESTER,
            now=MONDAY_NOON,
        )
        first = enquire(company.site, phone=f"1381234000{person}", **HOT)
        close(first, reason="lost_need", actor=TESTER, now=MONDAY_NOON)
    set_seat(
        company.seats[1].pk, weight=1, capacity=3, is_present=True, actor=TESTER, now=MONDAY_NOON
    )
    again = [
        enquire(company.site, MONDAY_NOON + HOUR, phone=f"1381234000{person}", **HOT)
        for person in range(6)
    ]
    reasons = sorted(place(lead_id).reason for lead_id in again)
    assert reasons == ["own_customer"] * 3 + ["turn"] * 3
    seat.refresh_from_db()
    assert seat.open_count == 3


def full(company: Company) -> Seat:
    """A full online team, and somebody offline with room."""
    seat = company.seats[0]
    set_seat(seat.pk, weight=1, capacity=0, is_present=True, actor=TESTER, now=MONDAY_NOON)
    who = company.manager
    return join(company.offline.pk, who.pk, weight=1, capacity=2, actor=TESTER, now=MONDAY_NOON)


def test_a_full_team_overflows_into_the_one_it_names_and_the_trace_says_so() -> None:
    company = found(weights=(1,))
    policy(company, overflow_id=company.offline.pk)
    helper = full(company)
    lead_id = enquire(company.site, phone="13812340001", **HOT)
    assert (place(lead_id).seat, place(lead_id).reason) == (helper, "overflow")
    told = trace(company.administrator, lead_id)
    assert (told.team, told.reason, told.is_recomputed_equal) == ("线下组", "overflow", True)


def test_what_nobody_can_take_waits_in_the_first_teams_pool_until_somebody_can() -> None:
    company = found(weights=(1,))
    policy(company, overflow_id=company.offline.pk)
    helper = full(company)
    leads = [enquire(company.site, phone=f"1381234000{n}", **HOT) for n in range(3)]
    assert [place(one).reason for one in leads] == ["overflow", "overflow", "all_full"]
    assert place(leads[2]).team_id == company.online.pk
    tick(MONDAY_NOON + HOUR)
    assert place(leads[2]).kind == "pool"
    close(leads[0], reason="lost_need", actor=TESTER, now=MONDAY_NOON + HOUR)
    tick(MONDAY_NOON + HOUR)
    assert (place(leads[2]).seat, place(leads[2]).reason) == (helper, "overflow")


def test_a_team_that_is_only_away_does_not_overflow() -> None:
    company = found(weights=(1,))
    policy(company, overflow_id=company.offline.pk)
    full(company)
    set_seat(
        company.seats[0].pk, weight=1, capacity=50, is_present=False, actor=TESTER, now=MONDAY_NOON
    )
    lead_id = enquire(company.site, phone="13812340001", **HOT)
    assert (place(lead_id).kind, place(lead_id).reason) == ("pool", "nobody_present")


def test_a_team_does_not_overflow_into_itself() -> None:
    company = found()
    with pytest.raises(OverflowUnknown):
        policy(company, overflow_id=company.online.pk)
