from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from clew.access.models import Member
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.contacts.models import Lead
from clew.handoff.actions import leads as actions
from clew.handoff.actions.seats import join, leave
from clew.handoff.errors import (
    CapacityReached,
    ContactBusy,
    LeadMissing,
    LeadNotOpen,
    LeadTaken,
    NoSeat,
    SeatTaken,
)
from clew.handoff.models import Placement, Seat
from clew.handoff.queries import shares, visible_among, visible_lead, visible_leads
from clew.pipeline.models import Clock
from clew.web.flow import FACTS
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found

pytestmark = pytest.mark.django_db
NOW = MONDAY_NOON
MINUTE = timedelta(minutes=1)


def counted(company: Company) -> bool:
    """The open count of every seat equals its open placements."""
    return all(
        s.open_count == s.placements.filter(closed_at=None).count() for s in Seat.objects.all()
    )


def test_a_lead_cannot_have_two_open_placements() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **HOT)
    with pytest.raises(IntegrityError, match="placement_one_open_per_lead"), transaction.atomic():
        Placement.objects.create(lead_id=id_, kind="pool", reason="x", opened_at=NOW)


def test_assigning_moves_the_lead_and_starts_a_clock() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **COLD)
    seat = company.seats[0]
    actions.assign(id_, seat_id=seat.pk, actor=TESTER, now=NOW, reason="manager")
    follow(FACTS, NOW)
    assert Placement.objects.get(lead=id_, closed_at=None).seat == seat
    assert Clock.objects.filter(lead=id_, stopped_at=None).exists()
    assert counted(company)


def test_a_pooled_lead_is_claimed_once() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **COLD)
    actions.claim(id_, member=company.people[0], now=NOW)
    with pytest.raises(LeadTaken):
        actions.claim(id_, member=company.people[1], now=NOW)
    assert counted(company)


def test_nobody_claims_beyond_capacity_or_from_a_strange_team() -> None:
    company = found(weights=(1,), capacity=0)
    id_ = enquire(company.site, phone="13812345678", **COLD)
    with pytest.raises(CapacityReached):
        actions.claim(id_, member=company.people[0], now=NOW)
    with pytest.raises(NoSeat):
        actions.claim(id_, member=company.manager, now=NOW)


def test_closing_ends_the_lead_frees_the_seat_and_stops_the_clock() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **HOT)
    actions.close(id_, reason="won", actor=TESTER, now=NOW)
    follow(FACTS, NOW)
    assert Lead.objects.get(pk=id_).ended_at == NOW
    assert not Clock.objects.filter(stopped_at=None).exists()
    assert counted(company)
    with pytest.raises(LeadNotOpen):
        actions.close(id_, reason="won", actor=TESTER, now=NOW)


def test_a_closed_lead_reopens_with_whoever_had_it() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **HOT)
    seat = Placement.objects.get(lead=id_).seat
    actions.close(id_, reason="lost", actor=TESTER, now=NOW)
    assert actions.reopen(id_, actor=TESTER, now=NOW).seat == seat
    assert counted(company)


def test_an_old_lead_does_not_reopen_beside_a_newer_enquiry() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **HOT)
    actions.close(id_, reason="lost", actor=TESTER, now=NOW)
    newer = enquire(company.site, phone="13812345678", **HOT)
    assert Lead.objects.get(ended_at=None).pk == newer
    with pytest.raises(ContactBusy):
        actions.reopen(id_, actor=TESTER, now=NOW)


def test_joining_twice_is_refused_and_returning_keeps_the_credit() -> None:
    company = found(weights=(1, 1))
    enquire(company.site, phone="13812345678", **HOT)
    first = Seat.objects.get(pk=company.seats[0].pk)
    terms = {"weight": 1, "capacity": 9, "actor": TESTER, "now": NOW}
    with pytest.raises(SeatTaken):
        join(company.online.pk, first.member_id, **terms)
    leave(first.pk, actor=TESTER, now=NOW)
    again = join(company.online.pk, first.member_id, **terms)
    assert (again.pk, again.credit, again.left_at) == (first.pk, first.credit, None)
    assert Seat.objects.aggregate(sum=Sum("credit"))["sum"] == 0


def sees(member: Member, lead_id: UUID) -> bool:
    """Look a lead up, and see that no pool is gathered for it."""
    with CaptureQueriesContext(connection) as asked:
        try:
            visible_lead(member, lead_id)
        except LeadMissing:
            return False
        finally:
            assert not any("ARRAY(" in one["sql"] for one in asked.captured_queries)
    return True


def test_each_role_sees_its_own_leads_and_no_others() -> None:
    company = found(weights=(1, 1))
    ids = [enquire(company.site, phone=f"1381234567{n}", **HOT) for n in range(2)]
    introduced = enquire(company.fair, phone="13912345678", **HOT)
    pooled = enquire(company.site, phone="13700000000", **COLD)
    holder = {i: Placement.objects.get(lead=i).seat.member for i in ids}  # type: ignore[union-attr]
    for id_, member in holder.items():
        assert set(visible_leads(member).values_list("pk", flat=True)) == {id_, pooled}
    seen = set(visible_leads(company.manager).values_list("pk", flat=True))
    assert seen == {*ids, pooled}
    assert visible_leads(company.administrator).count() == 4
    assert visible_lead(company.administrator, introduced).pk == introduced
    for member in Member.objects.all():
        theirs = set(visible_leads(member).values_list("pk", flat=True))
        assert {
            one for one in Lead.objects.values_list("pk", flat=True) if sees(member, one)
        } == theirs


def test_what_ended_with_somebody_stays_theirs_to_see_and_nobody_elses() -> None:
    company = found(weights=(1, 1, 1))
    first, second, third = company.seats
    won, lost, back, merged, lapsed = (
        enquire(company.site, phone=f"1381234567{n}", **HOT) for n in range(5)
    )
    for id_ in (won, lost, back, merged, lapsed):
        actions.assign(id_, seat_id=first.pk, actor=TESTER, now=NOW, reason="by_hand")
        actions.assign(id_, seat_id=second.pk, actor=TESTER, now=NOW + MINUTE, reason="by_hand")
    actions.to_pool(
        back, team_id=None, actor=TESTER, now=NOW + MINUTE, reason="by_hand"
    )  # nobody held it when it ended
    ends = {won: "won", lost: "lost_price", back: "lost", merged: "merged", lapsed: "lapsed"}
    for id_, reason in ends.items():
        actions.close(id_, reason=reason, actor=TESTER, now=NOW + 2 * MINUTE)
    for seat, theirs in ((first, set()), (second, {won, lost}), (third, set())):
        assert set(visible_leads(seat.member).values_list("pk", flat=True)) == theirs
        assert {one for one in ends if sees(seat.member, one)} == theirs
        found_among = visible_among(seat.member, ends).values_list("pk", flat=True)
        assert set(found_among) == theirs
    actions.reopen(lost, actor=TESTER, now=NOW + 3 * MINUTE)
    actions.assign(lost, seat_id=third.pk, actor=TESTER, now=NOW + 4 * MINUTE, reason="by_hand")
    assert not sees(second.member, lost)
    assert sees(third.member, lost)


def test_the_id_of_a_later_submission_finds_its_lead() -> None:
    company = found()
    first = enquire(company.site, phone="13812345678", **HOT)
    second = enquire(company.site, phone="13812345678")
    assert visible_lead(company.administrator, second).pk == first


def test_a_salesperson_sees_only_the_own_share_against_what_is_due() -> None:
    company = found(weights=(3, 1))
    for n in range(5):
        enquire(company.site, phone=f"1381234567{n}", **HOT)
    mine = shares(company.people[0], [company.online.pk])
    assert [s.member_id for s in mine] == [company.people[0].pk]
    all_ = shares(company.administrator, [company.online.pk])
    assert sum(s.got for s in all_) == 5
    assert round(all_[0].due, 2) == 3.75
    assert shares(company.manager, [company.offline.pk]) == []


def test_every_move_leaves_an_event_with_actor_and_reason() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **HOT)
    actions.to_pool(id_, team_id=company.online.pk, actor=TESTER, now=NOW, reason="mistake")
    entry = Entry.objects.filter(subject=id_).latest("id")
    assert (entry.name, entry.data["reason"], entry.actor_id) == ("LeadPooled", "mistake", "test")
