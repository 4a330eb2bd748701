"""Whose the credit for a lead is: sums to 100, given by the holder, set by managers, read set-based."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from clew.access.models import Role
from clew.base.models import Entry
from clew.handoff.actions.leads import assign
from clew.handoff.models import Placement
from clew.handoff.pools.actions import share_credit
from clew.handoff.pools.errors import CreditDenied, CreditPersonUnknown, CreditUnsound
from clew.handoff.pools.models import CreditShare
from clew.handoff.pools.queries import credit_of
from clew.web.flow import undo
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found, member

pytestmark = pytest.mark.django_db
LATER = MONDAY_NOON + timedelta(hours=1)


@pytest.fixture
def company() -> Company:
    return found()


@pytest.fixture
def lead(company: Company) -> UUID:
    return enquire(company.site, phone="13800000001", **HOT)


def holder_of(lead: UUID) -> int:
    place = Placement.objects.select_related("seat").get(lead=lead, closed_at=None)
    assert place.seat
    return place.seat.member_id


def parts(lead: UUID, **at: object) -> list[tuple[int, int]]:
    return [(p.member_id, p.percent) for p in credit_of([lead], **at).get(lead, [])]  # type: ignore[arg-type]


def split(company: Company, lead: UUID) -> tuple[int, int, int]:
    """The holder and two others."""
    holder = holder_of(lead)
    first, second = (seat.member_id for seat in company.seats if seat.member_id != holder)
    return holder, first, second


def test_without_an_agreement_it_is_wholly_the_holders(company: Company, lead: UUID) -> None:
    assert parts(lead) == [(holder_of(lead), 100)]
    pooled = enquire(company.site, phone="13800000002")
    assert credit_of([pooled]) == {}


def test_the_holder_gives_of_the_own_part(company: Company, lead: UUID) -> None:
    holder, first, _ = split(company, lead)
    who = next(seat.member for seat in company.seats if seat.member_id == holder)
    share_credit(lead, [(holder, 70), (first, 30)], member=who, now=MONDAY_NOON)
    assert parts(lead) == [(holder, 70), (first, 30)]
    with pytest.raises(CreditDenied):  # what another one has is not theirs to take
        share_credit(lead, [(holder, 80), (first, 20)], member=who, now=LATER)
    with pytest.raises(CreditDenied):
        share_credit(lead, [], member=who, now=LATER)
    share_credit(lead, [(first, 100)], member=who, now=LATER)
    assert parts(lead) == [(first, 100)]


def test_who_does_not_hold_it_gives_nothing_and_managers_set_anything(
    company: Company, lead: UUID
) -> None:
    holder, first, second = split(company, lead)
    share_credit(lead, [(first, 60), (second, 40)], member=company.manager, now=MONDAY_NOON)
    seat = next(seat for seat in company.seats if seat.member_id == second)
    assign(lead, seat_id=seat.pk, actor=TESTER, now=LATER, reason="by_hand")
    assert parts(lead) == [(first, 60), (second, 40)]
    share_credit(lead, [], member=company.manager, now=LATER)
    assert parts(lead) == [(second, 100)]
    assert parts(lead, at=MONDAY_NOON) == [(first, 60), (second, 40)]
    pooled = enquire(company.site, phone="13800000002")
    with pytest.raises(CreditDenied):
        share_credit(pooled, [(holder, 100)], member=seat.member, now=LATER)


@pytest.mark.parametrize("percents", [(50, 40), (60, 60), (0, 100), (-10, 110)])
def test_what_does_not_sum_to_the_whole_is_refused(
    company: Company, lead: UUID, percents: tuple[int, int]
) -> None:
    holder, first, _ = split(company, lead)
    wrong = list(zip((holder, first), percents, strict=True))
    with pytest.raises(CreditUnsound):
        share_credit(lead, wrong, member=company.manager, now=MONDAY_NOON)
    with pytest.raises(CreditUnsound):
        share_credit(lead, [(holder, 50), (holder, 50)], member=company.manager, now=MONDAY_NOON)
    assert not CreditShare.objects.exists()


def test_a_stranger_to_the_teams_gets_nothing(company: Company, lead: UUID) -> None:
    nobody = member(company.organisation, "nobody", Role.SALESPERSON)
    with pytest.raises(CreditPersonUnknown):
        share_credit(lead, [(nobody.pk, 100)], member=company.manager, now=MONDAY_NOON)


def test_saying_the_same_again_changes_nothing(company: Company, lead: UUID) -> None:
    holder, first, _ = split(company, lead)
    for now in (MONDAY_NOON, LATER):
        share_credit(lead, [(holder, 70), (first, 30)], member=company.manager, now=now)
    assert CreditShare.objects.count() == 2
    assert Entry.objects.filter(name="CreditShared").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_database_holds_the_sum(company: Company, lead: UUID) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditShare.objects.create(
            lead_id=lead,
            member=company.manager,
            setter=company.manager,
            percent=60,
            from_at=MONDAY_NOON,
        )


def test_credit_is_read_in_two_statements_whatever_the_number(
    company: Company, django_assert_num_queries: object
) -> None:
    leads = [enquire(company.site, phone=f"1380000010{n}", **HOT) for n in range(6)]
    holder, first, _ = split(company, leads[0])
    share_credit(leads[0], [(holder, 70), (first, 30)], member=company.manager, now=MONDAY_NOON)
    with django_assert_num_queries(2):  # type: ignore[operator]
        found_ = credit_of(leads)
    assert all(sum(part.percent for part in of) == 100 for of in found_.values())
    assert set(found_) == set(leads)


def test_undoing_a_lead_drops_what_was_agreed(company: Company, lead: UUID) -> None:
    holder, first, _ = split(company, lead)
    share_credit(lead, [(holder, 70), (first, 30)], member=company.manager, now=MONDAY_NOON)
    Entry.objects.filter(name="CreditShared").delete()  # else it counts as worked on, and stays
    assert undo([lead], LATER).leads == 1
    assert not CreditShare.objects.exists()


def test_the_page_shares_it_and_tells_it(company: Company, lead: UUID) -> None:
    holder, first, _ = split(company, lead)
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.manager)
    page = client.get(f"/leads/{lead}").content.decode()
    assert "Share the credit" in page
    sent = {"member": [holder, first, ""], "percent": [55, 45, ""]}
    told = client.post(f"/leads/{lead}/credit", sent, follow=True).content.decode()
    assert "55 %" in told
    assert "Credit shared" in told
    for wrong in ({"member": [holder], "percent": ["x"]}, {"member": [holder], "percent": [50]}):
        refused = client.post(f"/leads/{lead}/credit", wrong, follow=True).content.decode()
        assert "whole per cent that sum to 100" in refused
    assert parts(lead) == [(holder, 55), (first, 45)]


def test_a_salesperson_who_does_not_hold_it_is_offered_nothing(company: Company) -> None:
    pooled = enquire(company.site, phone="13800000002")
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.people[0])
    assert "Share the credit" not in client.get(f"/leads/{pooled}").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pools_creditshare")
        assert cursor.fetchone() == (0,)
