"""Leads without intent rest apart, and any sign of life brings them back to a person with a clock."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clew.access.models import Role
from clew.base.models import Entry
from clew.handoff.actions.leads import assign, reopen
from clew.handoff.models import Placement
from clew.handoff.pools.actions import PoolTerms
from clew.handoff.pools.actions import set_policy as set_pool
from clew.handoff.queries import visible_leads
from clew.pipeline.actions.leads import close_lead, give_back, log_call
from clew.pipeline.models import Call, Clock
from clew.pipeline.moves.models import Exit, Stay
from clew.pipeline.resting.actions.leads import TouchIn, touch
from clew.pipeline.resting.actions.policies import RestTerms, set_policy
from clew.pipeline.resting.belt import SHELVED, rest_by_rule
from clew.pipeline.resting.errors import (
    KeeperUnknown,
    PaceUnfit,
    RestMissing,
    RestOver,
    RestReasonUnknown,
    TouchedAlready,
    TouchOfAnotherLead,
    TouchUnknown,
)
from clew.pipeline.resting.models import Keeper, Rest, RestPolicy, Touch
from clew.pipeline.resting.queries import page
from clew.tally.queries import account, breaches
from clew.web.flow import recycle, tick, undo
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found, member
from tests.pipeline.desk import NOON, call, holder
from tests.pipeline.resting.make import (
    DAY,
    facts,
    lose,
    open_leads,
    place,
    policy,
    rest_of,
    rested,
    say,
)

pytestmark = pytest.mark.django_db


def hot(company: Company, number: int = 1, now: datetime = NOON) -> UUID:
    return enquire(company.site, now, phone=f"1381234{number:04d}", **HOT)


def pooled(company: Company, number: int = 1) -> UUID:
    """A lead that somebody gave back."""
    lead_id = hot(company, number)
    give_back(lead_id, reason="stuck", member=holder(lead_id), now=NOON)
    facts()
    return lead_id


def whole(policy_of: Company, now: datetime = NOON) -> None:
    while rest_by_rule(now):
        pass


def test_a_lead_that_ends_for_such_a_reason_rests_and_others_do_not() -> None:
    company = found()
    policy(company)
    silent, dear, never = hot(company, 1), hot(company, 2), hot(company, 3)
    had = holder(silent)
    lose(silent, "lost_silent")
    lose(dear, "lost_price")
    log_call(never, call(is_last=True, next_at=None), member=holder(never), now=NOON)
    facts()
    assert list(Rest.objects.values_list("lead", "reason", "team")) == [
        (silent, "lost_silent", company.online.pk)
    ]
    assert place(silent).kind == "closed"
    assert Entry.objects.get(name="LeadRested").subject == silent
    seeing = [one for one in company.people if visible_leads(one).filter(pk=silent).exists()]
    assert seeing == [had]


def test_without_a_policy_nothing_rests() -> None:
    company = found()
    lead_id = hot(company)
    lose(lead_id)
    rest_by_rule(NOON + 900 * DAY)
    assert not Rest.objects.exists()


def test_its_first_touch_is_due_after_the_interval_in_working_days() -> None:
    at = rested()
    due = rest_of(at.lead_id).next_touch_at
    assert due == datetime(2026, 12, 28, 10, 0, tzinfo=MONDAY_NOON.tzinfo)  # 30 days, Sundays off
    keeper = at.company.people[0]
    assert page(keeper, NOON).rows == []
    assert page(keeper, due.astimezone(NOON.tzinfo) - DAY).due_count == 0
    assert [row.rest.lead_id for row in page(keeper, due.astimezone(NOON.tzinfo)).rows] == [
        at.lead_id
    ]


@pytest.mark.parametrize("result", ["wechat_added", "message_sent", "no_answer", "not_now"])
def test_a_touch_is_kept_and_planned_anew(result: str) -> None:
    at = rested()
    keeper, later = at.company.people[0], NOON + 40 * DAY
    made = say(at.lead_id, result, keeper, now=later)
    rest = rest_of(at.lead_id)
    assert (rest.touch_count, rest.ended_at, made.number) == (1, None, 1)
    assert rest.next_touch_at
    assert rest.next_touch_at > later + 29 * DAY
    entry = Entry.objects.get(name="LeadTouched")
    assert (entry.subject, entry.data["result"], entry.actor_id) == (
        at.lead_id,
        result,
        str(keeper.pk),
    )


def test_after_so_many_touches_it_rests_without_a_day_and_is_not_thrown_away() -> None:
    at = rested()
    policy(at.company, touches_at_most=2)
    keeper = at.company.people[0]
    for _ in range(2):
        say(at.lead_id, "no_answer", keeper)
    rest = rest_of(at.lead_id)
    assert (rest.next_touch_at, rest.ended_at) == (None, None)
    assert page(keeper, NOON + 900 * DAY).due_count == 0
    assert page(keeper, NOON, is_whole=True).count == 1


def test_a_new_enquiry_of_the_person_goes_to_somebody_with_a_clock_and_the_rest_ends() -> None:
    at = rested()
    again = enquire(at.company.site, NOON + 50 * DAY, phone="13812340001", **HOT)
    facts(NOON + 50 * DAY)
    assert again != at.lead_id
    rest = rest_of(at.lead_id)
    assert (rest.end, rest.back_as_id) == ("wrote", again)
    assert Entry.objects.get(name="CameBack", subject=again).data == {"rested_id": str(at.lead_id)}
    assert place(again).kind == "person"
    assert Clock.objects.filter(lead=again, stopped_at=None).exists()
    with pytest.raises(RestOver):
        say(at.lead_id, "no_answer", at.company.people[0])


def test_shown_interest_brings_it_back_by_turn_with_a_clock_whatever_it_was_graded() -> None:
    company = found()
    policy(company)
    lead_id = enquire(company.site, phone="13812340001", **COLD)
    seat = company.seats[1]
    if place(lead_id).kind == "pool":
        assign(lead_id, seat_id=seat.pk, actor=TESTER, now=NOON, reason="by_hand")
    lose(lead_id)
    say(lead_id, "interest", company.people[0])
    assert (rest_of(lead_id).end, place(lead_id).reason) == ("interest", "woken")
    assert not visible_leads(company.manager).get(pk=lead_id).ended_at
    tick(NOON)
    facts()
    stands = place(lead_id)
    assert (stands.kind, stands.reason) == ("person", "turn")
    assert Clock.objects.filter(lead=lead_id, stopped_at=None).exists()
    assert Stay.objects.filter(lead=lead_id, left_at=None).exists()
    assert not Exit.objects.filter(lead=lead_id, returned_at=None).exists()


def test_it_comes_back_to_whoever_had_it_where_ownership_is_for_life() -> None:
    at = rested()
    set_pool(at.company.online.pk, PoolTerms(is_lifelong=True), actor=TESTER, now=NOON)
    say(at.lead_id, "interest", at.company.people[0])
    assert holder(at.lead_id) == at.holder


def test_never_again_closes_it_so_and_it_never_rests_again() -> None:
    at = rested()
    say(at.lead_id, "never", at.company.people[0], now=NOON + DAY)
    facts(NOON + DAY)
    assert rest_of(at.lead_id).end == "never"
    assert (place(at.lead_id).kind, place(at.lead_id).reason) == ("closed", "do_not_contact")
    assert Exit.objects.get(lead=at.lead_id, returned_at=None).end == "do_not_contact"
    later = NOON + 120 * DAY
    again = enquire(at.company.site, later, phone="13812340001", **HOT)
    lose(again, now=later)  # the same person wrote, and was lost again
    assert not Rest.objects.filter(ended_at=None).exists()


def test_taking_it_up_by_hand_ends_the_rest() -> None:
    at = rested()
    reopen(at.lead_id, actor=TESTER, now=NOON)
    facts()
    assert rest_of(at.lead_id).end == "reopened"
    lose(at.lead_id, now=NOON + DAY)
    assert Rest.objects.filter(lead=at.lead_id, ended_at=None).count() == 1


def test_of_one_person_the_newest_lost_lead_rests_alone() -> None:
    at = rested()
    later = NOON + 120 * DAY
    again = enquire(at.company.site, later, phone="13812340001", **HOT)
    close_lead(again, reason="lost_need", member=holder(again), now=later)
    facts(later)  # nobody had heard of the new lead before it was lost
    assert rest_of(at.lead_id).end == "newer"
    assert Rest.objects.get(ended_at=None).lead_id == again


def test_the_database_lets_nobody_rest_twice_nor_be_touched_twice_at_once() -> None:
    at = rested()
    rest = rest_of(at.lead_id)
    twice = Rest(lead=rest.lead, person=rest.person, team=rest.team, reason="x", since=NOON)
    with pytest.raises(IntegrityError, match="rest_one_open_per_person"), transaction.atomic():
        twice.save()
    made = say(at.lead_id, "no_answer", at.company.people[0])
    made.pk = rest.lead_id
    with pytest.raises(IntegrityError, match="touch_numbered_once"), transaction.atomic():
        made.save(force_insert=True)


def test_who_comes_second_is_told_who_was_first_and_a_double_click_is_one_touch() -> None:
    at = rested()
    policy(at.company, keepers=tuple(at.company.people[:2]))
    first, second = at.company.people[:2]
    made = say(at.lead_id, "not_now", first)
    with pytest.raises(TouchedAlready) as told:
        say(at.lead_id, "interest", second, seen=0)
    assert told.value.details == {"name": first.name}
    same = TouchIn(made.pk, "not_now", 0)
    assert touch(at.lead_id, same, member=first, now=NOON) == made
    with pytest.raises(TouchOfAnotherLead):
        touch(at.lead_id, same, member=second, now=NOON)
    with pytest.raises(TouchUnknown):
        say(at.lead_id, "sold", first)
    assert Touch.objects.count() == 1


def test_only_who_looks_after_it_touches_it() -> None:
    at = rested()
    for stranger in (
        at.company.people[1],
        member(at.company.organisation, "boss", Role.MANAGER, at.company.offline),
    ):
        with pytest.raises(RestMissing):
            say(at.lead_id, "no_answer", stranger)
    say(at.lead_id, "no_answer", at.company.manager)
    say(at.lead_id, "no_answer", at.company.administrator)


def test_what_lies_in_the_pool_unclaimed_for_long_rests_and_leaves_it() -> None:
    company = found()
    policy(company, ends=(), pooled_days=30)
    lead_id = pooled(company)
    whole(company, NOON + 29 * DAY)
    assert place(lead_id).kind == "pool"
    whole(company, NOON + 31 * DAY)
    stands = place(lead_id)
    assert (stands.kind, stands.reason, stands.team_id) == (
        "closed",
        SHELVED,
        company.online.pk,
    )
    assert rest_of(lead_id).reason == "unclaimed"
    left = Exit.objects.get(lead=lead_id)
    assert (left.end, left.team_id, left.returned_at) == (SHELVED, company.online.pk, None)
    assert not Stay.objects.filter(lead=lead_id, left_at=None).exists()
    assert Entry.objects.filter(name="LeadClosed", subject=lead_id).count() == 1
    facts(NOON + 31 * DAY)
    assert Exit.objects.filter(lead=lead_id).count() == 1


def test_what_wrote_again_in_the_pool_does_not_rest_for_as_long() -> None:
    company = found()
    policy(company, ends=(), pooled_days=30)
    lead_id = pooled(company)
    wrote = NOON + 21 * DAY
    assert enquire(company.site, wrote, phone="13812340001", message="还在吗") != lead_id
    if place(lead_id).kind == "person":
        give_back(lead_id, reason="stuck", member=holder(lead_id), now=wrote)
        facts(wrote)
    whole(company, NOON + 45 * DAY)
    assert place(lead_id).kind == "pool"
    whole(company, NOON + 52 * DAY)
    assert rest_of(lead_id).reason == "unclaimed"


def test_what_was_called_often_and_never_answered_rests_once_it_is_back_in_the_pool() -> None:
    company = found()
    policy(company, ends=(), tries=2)
    answered, silent, held = (hot(company, n) for n in (1, 2, 3))
    for lead_id in (answered, silent, held):
        who = holder(lead_id)
        log_call(lead_id, call(), member=who, now=NOON)
        last = Call.Result.ANSWERED if lead_id == answered else Call.Result.NO_ANSWER
        log_call(lead_id, call(last), member=who, now=NOON + timedelta(hours=1))
    later = NOON + timedelta(hours=2)
    for lead_id in (answered, silent):
        give_back(lead_id, reason="stuck", member=holder(lead_id), now=later)
    facts(later)
    whole(company, later)
    assert {place(one).kind for one in (answered, silent, held)} == {"pool", "closed", "person"}
    assert Rest.objects.get().lead_id == silent
    assert Rest.objects.get().reason == "unreached"


def test_what_several_people_had_in_vain_rests_but_not_what_is_given_out_again() -> None:
    company = found(weights=(1, 1))
    policy(company, ends=(), turns=2)
    pool = PoolTerms(uncontacted_minutes=60, turns=1)
    set_pool(company.online.pk, pool, actor=TESTER, now=NOON)
    lead_id = hot(company)
    recycle(NOON + timedelta(hours=1))
    whole(company, NOON + timedelta(hours=1))
    assert place(lead_id).kind == "pool"
    tick(NOON + timedelta(hours=1))
    recycle(NOON + timedelta(hours=2))
    whole(company, NOON + timedelta(hours=2))
    assert rest_of(lead_id).reason == "returned"


def test_what_waits_for_its_turn_or_for_a_meeting_does_not_rest() -> None:
    company = found(capacity=0)
    policy(company, ends=(), pooled_days=1)
    waiting = hot(company)
    assert place(waiting).reason == "all_full"
    whole(company, NOON + 100 * DAY)
    assert place(waiting).kind == "pool"


def test_a_person_who_wants_to_be_left_alone_does_not_rest_by_rule_either() -> None:
    company = found()
    policy(company, ends=(), pooled_days=1)
    first = hot(company)
    log_call(first, call(is_last=True, next_at=None), member=holder(first), now=NOON)
    second = hot(company, now=NOON + DAY)
    give_back(second, reason="stuck", member=holder(second), now=NOON + DAY)
    facts(NOON + DAY)
    whole(company, NOON + 90 * DAY)
    assert place(second).kind == "pool"


def test_what_ended_before_is_taken_in_as_far_back_as_one_says_spread_over_the_interval() -> None:
    company = found(capacity=500)
    leads = [hot(company, n) for n in range(8)]
    for n, lead_id in enumerate(leads):
        close_lead(lead_id, reason="lost_need", member=holder(lead_id), now=NOON + n * DAY)
    facts(NOON + 8 * DAY)
    assert not Rest.objects.exists()
    policy(company, since=NOON + 2 * DAY, every_days=3)
    whole(company, NOON + 9 * DAY)
    rests = Rest.objects.all()
    assert {rest.lead_id for rest in rests} == set(leads[2:])
    days = sorted(rest.next_touch_at for rest in rests)
    assert [days.count(day) for day in sorted(set(days))] == [2, 2, 2]
    assert RestPolicy.objects.get().since is None
    whole(company, NOON + 9 * DAY)
    assert Rest.objects.count() == 6


def test_many_rest_at_once_in_a_fixed_number_of_statements() -> None:
    company = found(capacity=500)
    policy(company, ends=(), pooled_days=1)
    counts = []
    for first, count in ((0, 2), (10, 20)):
        for n in range(first, first + count):
            pooled(company, n)
        with CaptureQueriesContext(connection) as seen:
            rest_by_rule(NOON + 2 * DAY)
        counts.append(len(seen))
    assert Rest.objects.count() == 22
    assert counts[0] == counts[1]
    assert open_leads() == 0


def test_the_books_balance_and_say_if_somebody_rests_beside_an_open_lead() -> None:
    at = rested()
    policy(at.company, pooled_days=1)
    pooled(at.company, 2)
    whole(at.company, NOON + 2 * DAY)
    assert account(at.company.administrator).is_balanced
    assert breaches().resting_though_open == 0
    enquire(at.company.site, phone="13812340001", **HOT)
    assert breaches().resting_though_open == 1
    facts()
    assert breaches().resting_though_open == 0


def test_undoing_what_had_woken_it_lets_it_rest_again() -> None:
    at = rested()
    due = rest_of(at.lead_id).next_touch_at
    again = enquire(at.company.site, phone="13812340001", **HOT)
    facts()
    assert undo([again], NOON).leads == 1
    rest = rest_of(at.lead_id)
    assert (rest.ended_at, rest.end, rest.back_as, rest.next_touch_at) == (None, "", None, due)


def test_undoing_a_lead_that_rests_by_rule_leaves_nothing_of_it_but_touches_keep_it() -> None:
    company = found()
    policy(company, ends=(), pooled_days=1)
    cold = [enquire(company.site, phone=f"1381234{n:04d}", **COLD) for n in (1, 2)]
    whole(company, NOON + 2 * DAY)
    assert Rest.objects.count() == 2
    say(cold[1], "no_answer", company.people[0])
    done = undo(cold, NOON + 2 * DAY)
    assert (done.leads, done.kept_for) == (1, {"worked_on": 1})
    assert Rest.objects.get().lead_id == cold[1]


def test_a_policy_takes_only_what_can_hold() -> None:
    company = found()
    stranger = member(company.organisation, "else", Role.SALESPERSON, company.offline)
    with pytest.raises(KeeperUnknown):
        policy(company, keepers=(stranger,))
    for wrong in ({"every_days": 0}, {"touches_at_most": 101}, {"tries": 0}):
        with pytest.raises(PaceUnfit):
            policy(company, **wrong)
    with pytest.raises(RestReasonUnknown):
        policy(company, ends=("won",))
    assert not RestPolicy.objects.exists()


def test_saying_the_same_again_changes_nothing_and_saying_nothing_ends_the_policy() -> None:
    company = found()
    policy(company)
    policy(company)
    assert Entry.objects.filter(name="RestPolicySet").count() == 1
    policy(company, ends=(), keepers=())
    assert not RestPolicy.objects.exists()
    assert not Keeper.objects.exists()


def test_the_companys_policy_is_for_what_is_no_teams() -> None:
    company = found()
    keeper = company.people[2]
    set_policy(None, RestTerms(pooled_days=1), [keeper.pk], actor=TESTER, now=NOON)
    pool = PoolTerms(uncontacted_minutes=60, is_public=True)
    set_pool(company.online.pk, pool, actor=TESTER, now=NOON)
    lead_id = hot(company)
    recycle(NOON + timedelta(hours=1))
    whole(company, NOON + 3 * DAY)
    assert (rest_of(lead_id).team, place(lead_id).kind) == (None, "closed")
    say(lead_id, "interest", keeper, now=NOON + 3 * DAY)
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    assert (stands.team_id, stands.reason) == (company.online.pk, "woken")
