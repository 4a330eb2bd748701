"""A lead that nobody met with goes on to the next one by turn, and never while somebody works on it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from clew.base.models import Entry
from clew.contacts.actions import reveal
from clew.contacts.models import Lead
from clew.handoff.actions.leads import assign
from clew.handoff.actions.locks import lock_leads
from clew.handoff.models import Placement, Round, Seat
from clew.handoff.queries import recomputed_equal, trace
from clew.pipeline.actions.leads import keep_draft, log_call
from clew.pipeline.belt import resume
from clew.pipeline.clocks.actions import reassign
from clew.pipeline.clocks.belt.reclaiming import reclaim
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.queries import escalated
from clew.pipeline.dossier import dossier
from clew.pipeline.errors import LeadMoved
from clew.pipeline.models import Clock
from clew.pipeline.schemas import Sheet
from clew.tally.queries import account, breaches
from clew.web.flow import keep_clocks
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.pipeline.desk import NOON, Desk, call, desk, holder
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATE = MONDAY_NOON + 30 * MINUTE


def is_in_order(company: Company) -> None:
    broken = breaches()
    assert (broken.leads_nowhere, broken.seats_miscounted, broken.teams_with_credit_left) == (
        0,
        0,
        0,
    )
    assert account(company.administrator).is_balanced
    for decided in Round.objects.all():
        assert recomputed_equal(decided)
    stray = Clock.objects.filter(stopped_at=None).exclude(
        lead__in=Placement.objects.filter(closed_at=None, kind="person").values("lead")
    )
    assert not stray.exists()


def test_a_late_lead_goes_to_the_next_one_by_turn_with_the_reason_and_a_clock_of_its_own() -> None:
    at = desk()
    keep_clocks(LATE - MINUTE)
    assert holder(at.lead_id) == at.holder
    keep_clocks(LATE)
    after = Placement.objects.select_related("seat__member").get(lead=at.lead_id, closed_at=None)
    assert after.seat
    assert after.seat.member != at.holder
    assert after.reason == "late"
    first, second = Clock.objects.order_by("pk")
    assert (first.stopped_at, first.reclaimed_at, first.spared_at) == (LATE, LATE, None)
    assert (second.kind, second.started_at, second.stopped_at) == ("first", LATE, None)
    told = trace(at.company.administrator, at.lead_id)
    assert {c.member_id for c in told.candidates if c.excluded == "had_it"} == {at.holder.pk}
    assert told.is_recomputed_equal
    page = dossier(at.company.administrator, at.lead_id, LATE.astimezone(NOON.tzinfo))
    titles = [moment.title for moment in page.moments]
    assert f"从{at.holder.name}收回：时限内没联系" in titles
    assert "仍没人联系：已告诉经理" in titles
    fact = Entry.objects.get(name="ClockReclaimed")
    assert Seat.objects.get(pk=fact.data["seat_id"]).member == at.holder
    is_in_order(at.company)


def test_it_is_not_given_to_anybody_twice_and_goes_to_the_pool_in_the_end() -> None:
    company = found(weights=(1, 1, 1, 1, 1))
    Policy.objects.filter(kind="first", level=3).update(handons_at_most=3)
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    had = [holder(lead_id)]
    for number in range(1, 4):
        keep_clocks(MONDAY_NOON + number * 30 * MINUTE)
        had.append(holder(lead_id))
    assert len(set(had)) == 4
    keep_clocks(MONDAY_NOON + 120 * MINUTE)
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    assert (stands.kind, stands.reason) == ("pool", "went_round")
    assert [one.lead_id for one in escalated(company.manager, LATE)] == [lead_id]
    is_in_order(company)
    keep_clocks(MONDAY_NOON + timedelta(hours=9))
    assert Entry.objects.filter(name="ClockReclaimed").count() == 4


def test_what_went_round_is_found_by_an_index_of_its_own() -> None:
    found()
    went = Placement.objects.filter(closed_at=None, kind="pool", reason="went_round")
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_bitmapscan = off")
        cursor.execute("drop index placement_open_in_pool")  # as good for a table without rows
    assert "placement_went_round" in went.order_by("opened_at").explain()


def test_where_nobody_else_could_take_it_it_stays_and_the_manager_knows() -> None:
    company = found(weights=(1,))
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    keep_clocks(LATE)
    assert holder(lead_id) == company.people[0]
    clock = Clock.objects.get()
    assert (clock.spared_at, clock.reclaimed_at, clock.stopped_at) == (LATE, None, None)
    assert not Entry.objects.filter(name="ClockReclaimed").exists()
    assert [one.lead_id for one in escalated(company.manager, LATE)] == [lead_id]
    is_in_order(company)


def looked_up(at: Desk) -> None:
    lead, actor = Lead.objects.get(pk=at.lead_id), TESTER.__class__("member", str(at.holder.pk))
    reveal(lead, purpose="call", actor=actor, now=LATE - MINUTE)


def draughted(at: Desk) -> None:
    keep_draft(at.lead_id, Sheet(), member=at.holder, now=LATE - MINUTE)


def tried(at: Desk) -> None:
    Policy.objects.update(stops_on=Policy.Stop.ANSWER)
    log_call(at.lead_id, call(), member=at.holder, now=LATE - MINUTE)


@pytest.mark.parametrize("did", [looked_up, draughted, tried])
def test_a_lead_with_which_somebody_did_something_meanwhile_stays(
    did: Callable[[Desk], None],
) -> None:
    at = desk()
    did(at)
    keep_clocks(LATE)
    assert holder(at.lead_id) == at.holder
    assert Clock.objects.get(stopped_at=None).spared_at == LATE
    is_in_order(at.company)


def test_a_lead_given_by_hand_has_the_whole_time_again() -> None:
    at = desk()
    other = next(s for s in at.company.seats if s.member != at.holder)
    given_at = LATE - MINUTE
    keep_clocks(given_at)
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=given_at, reason="by_hand")
    keep_clocks(LATE)
    assert holder(at.lead_id) == other.member
    resume(at.lead_id, LATE)
    running = Clock.objects.get(stopped_at=None)
    assert (running.started_at, running.escalated_at) == (LATE, None)
    keep_clocks(LATE + 29 * MINUTE)
    assert holder(at.lead_id) == other.member
    is_in_order(at.company)


def test_the_second_manager_is_told_that_the_lead_was_moved() -> None:
    at = desk()
    keep_clocks(MONDAY_NOON + 20 * MINUTE)
    (shown,) = escalated(at.company.manager, LATE)
    first, second = (s.pk for s in at.company.seats if s.member != at.holder)
    given = {"stands": shown.placement.pk, "member": at.company.manager, "now": LATE}
    reassign(at.lead_id, seat_id=first, **given)
    with pytest.raises(LeadMoved):
        reassign(at.lead_id, seat_id=second, **given)
    stands = Placement.objects.get(lead=at.lead_id, closed_at=None)
    assert stands.seat_id == first


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(4))
def test_two_managers_and_a_reclaim_at_once_move_a_lead_once(round_: int) -> None:
    company = found(weights=(1, 1, 1, 1))
    lead_id = enquire(company.site, phone=f"1381234567{round_}", **HOT)
    keep_clocks(MONDAY_NOON + 20 * MINUTE)
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    others = [s.pk for s in company.seats if s.pk != stands.seat_id]

    def move(seat_id: int) -> Callable[[], object]:
        return lambda: reassign(
            lead_id, seat_id=seat_id, stands=stands.pk, member=company.administrator, now=LATE
        )

    connection.close()
    raised = at_once(move(others[0]), move(others[1]), lambda: reclaim(LATE))
    assert {type(one) for one in raised} == {LeadMoved}
    assert Placement.objects.filter(lead=lead_id).count() == 2
    for _ in range(2):
        with transaction.atomic():
            resume(lead_id, LATE)
    is_in_order(company)


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_just_being_kept_is_waited_for_and_the_lead_stays() -> None:
    at = desk()
    keep_clocks(LATE - MINUTE)
    seen: list[int] = []

    def hold_and_call() -> None:
        with transaction.atomic():
            lock_leads([at.lead_id])
            seen.append(_elsewhere(lambda: reclaim(LATE).count))
            log_call(at.lead_id, call(), member=at.holder, now=LATE)

    hold_and_call()
    assert seen == [0]
    assert reclaim(LATE + MINUTE).count == 0
    assert holder(at.lead_id) == at.holder


@pytest.mark.django_db(transaction=True)
def test_two_workers_hand_on_many_leads_once_each() -> None:
    company = found(weights=(1, 1, 2, 1), capacity=200)
    leads = [enquire(company.site, phone=f"138000000{n:02d}", **HOT) for n in range(40)]
    before = {lead_id: holder(lead_id) for lead_id in leads}
    keep_clocks(LATE - MINUTE)
    connection.close()

    def work() -> None:
        while reclaim(LATE).count:
            pass

    assert at_once(work, work, work) == []
    assert all(holder(lead_id) != before[lead_id] for lead_id in leads)
    taken: list[UUID] = list(
        Entry.objects.filter(name="ClockReclaimed").values_list("subject", flat=True)
    )
    assert sorted(taken) == sorted(leads)
    is_in_order(company)


def _elsewhere(act: Callable[[], int]) -> int:
    """Run something on a connection of its own."""
    found: list[int] = []
    assert at_once(lambda: found.append(act())) == []
    return found[0]
