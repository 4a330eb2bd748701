"""Who is told what, once, and what is taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from clew.access.actions import deactivate
from clew.base.ledger import Actor
from clew.base.outbox import follow
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead, give_back, log_call
from clew.pipeline.clocks.belt.steps import go_on
from clew.pipeline.models import Clock
from clew.reach.actions.notices import drop_notices, forget, hand_on, read
from clew.reach.models import Notice
from clew.reach.queries import notices, unread_count
from clew.web import flow
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, enquire, submit
from tests.pipeline.clocks.test_stages import limited, of
from tests.pipeline.desk import Desk, call, holder
from tests.reach.make import hot, listen, listened, others, seat_of, told

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(minutes=1)


def by(member_id: int) -> Actor:
    return Actor("member", str(member_id))


def assign(desk: Desk, number: int, actor: Actor) -> None:
    to = seat_of(others(desk)[number])
    handoff.assign(desk.lead_id, seat_id=to.pk, actor=actor, now=LATER, reason="by_hand")
    listen()


def test_a_lead_of_high_intent_is_told_to_whoever_has_it_and_to_nobody_else() -> None:
    desk = hot()
    assert told(desk.holder) == ["hot"]
    assert not any(told(person) for person in others(desk))


def test_a_lead_of_low_intent_is_told_to_nobody() -> None:
    company = listened()
    enquire(company.site, phone="13812345678", **COLD)
    listen()
    assert not Notice.objects.exists()


def test_what_happened_before_anybody_listened_is_not_told() -> None:
    desk = hot()
    assert listen() == 0
    assert told(desk.holder) == ["hot"]


def test_a_lead_given_by_hand_is_told_to_both() -> None:
    desk = hot()
    assign(desk, 0, by(desk.company.manager.pk))
    assert told(others(desk)[0]) == ["given"]
    assert told(desk.holder) == ["(hot gone)", "taken"]
    with override("en"):
        page = notices(desk.holder)
    taker = others(desk)[0].name
    assert [row.words for row in page.rows] == [
        f"{taker} has taken it over",
        "New lead of high intent",
    ]
    assert page.rows[1].over == f"{taker} has it now"
    assert not any(row.is_visible or row.title for row in page.rows)


def test_who_takes_a_lead_from_the_pool_is_not_told_of_it() -> None:
    desk = hot()
    give_back(desk.lead_id, reason="no_time", member=desk.holder, now=LATER)
    listen()
    assert told(desk.holder) == ["(hot gone)"]
    taker = others(desk)[0]
    handoff.claim(desk.lead_id, member=taker, now=LATER + timedelta(minutes=1))
    listen()
    assert told(taker) == []
    assert told(desk.holder) == ["(hot gone)"]


def test_whoever_loses_a_lead_to_the_pool_by_another_hand_is_told() -> None:
    desk = hot()
    handoff.to_pool(
        desk.lead_id,
        team_id=desk.company.online.pk,
        actor=by(desk.company.manager.pk),
        now=LATER,
        reason="by_hand",
    )
    listen()
    assert told(desk.holder) == ["(hot gone)", "taken"]
    with override("zh-hans"):
        assert notices(desk.holder).rows[0].words == "已不归你：回到公海了"


def test_a_call_ends_what_was_told_of_the_lead() -> None:
    desk = hot()
    log_call(desk.lead_id, call(), member=desk.holder, now=LATER)
    listen()
    assert told(desk.holder) == ["(hot done)"]
    assert unread_count(desk.holder) == 0


def test_a_call_does_not_end_what_is_told_after_it() -> None:
    """Both may be heard at once, after the worker was away."""
    desk = hot()
    log_call(desk.lead_id, call(), member=desk.holder, now=LATER)
    to = seat_of(others(desk)[0])
    much_later = LATER + timedelta(minutes=5)
    handoff.assign(desk.lead_id, seat_id=to.pk, actor=TESTER, now=much_later, reason="by_hand")
    listen()
    assert told(to.member) == ["given"]


def test_a_closed_lead_needs_no_reading() -> None:
    desk = hot()
    close_lead(desk.lead_id, reason="lost_price", member=desk.holder, now=LATER)
    listen()
    assert told(desk.holder) == ["(hot done)"]


def test_a_clock_is_told_of_before_and_when_it_runs_out() -> None:
    desk = hot()
    seen = []
    for minute in (8, 9, 10, 11):
        go_on(MONDAY_NOON + timedelta(minutes=minute))
        listen()
        seen.append(told(desk.holder))
    assert seen[1] == seen[0] == ["hot", "soon"]
    assert seen[3] == seen[2] == ["hot", "(soon passed)", "late"]


def test_what_is_unread_is_not_told_again_but_what_was_read_is() -> None:
    desk = hot()
    boss = by(desk.company.manager.pk)
    for _ in range(2):
        assign(desk, 0, boss)
    assert told(others(desk)[0]) == ["given"]
    read(others(desk)[0], LATER)
    assign(desk, 0, boss)
    assert told(others(desk)[0]) == ["given", "given"]


def test_nobody_who_has_left_is_told_anything() -> None:
    desk = hot()
    deactivate(desk.holder, actor=TESTER, now=LATER)
    assign(desk, 0, by(desk.company.manager.pk))
    assert told(desk.holder) == ["(hot gone)"]


def test_what_is_over_when_it_is_heard_is_not_told() -> None:
    company = listened()
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    had = holder(lead_id)
    handoff.close(lead_id, reason="bad_number", actor=TESTER, now=LATER)
    listen()
    assert told(had) == []


def test_a_batch_is_told_in_a_fixed_number_of_statements(
    django_assert_max_num_queries: object,
) -> None:
    company = listened()
    for number in range(40):
        submit(company.site, phone=f"138123456{number:02}", **HOT)
    enquire(company.site, phone="13912345678", **HOT)
    with django_assert_max_num_queries(32):  # type: ignore[operator]
        listen()
    assert Notice.objects.count() == 41


def test_one_reads_only_ones_own() -> None:
    desk = hot()
    assert read(others(desk)[0], LATER) == 0
    assert read(desk.holder, LATER, [desk.lead_id]) == 1
    assert read(desk.holder, LATER) == 0


def test_a_lead_that_is_undone_takes_its_notices_along() -> None:
    desk = hot()
    assert flow.undo([desk.lead_id], LATER).leads == 1
    assert not Notice.objects.exists()


def test_old_notices_go() -> None:
    hot()
    assert drop_notices(MONDAY_NOON, 10) == 0
    assert drop_notices(LATER, 10) == 1


def test_forgetting_leaves_other_leads_alone() -> None:
    desk = hot()
    other = enquire(desk.company.site, phone="13912345678", **HOT)
    listen()
    forget([other])
    assert told(desk.holder) == ["hot"]


def test_the_database_holds_one_notice_for_each_entry_of_the_ledger() -> None:
    desk = hot()
    notice = Notice.objects.get()
    notice.pk, notice.read_at = None, LATER
    with pytest.raises(IntegrityError), transaction.atomic():
        notice.save(force_insert=True)
    assert Placement.objects.filter(lead=desk.lead_id, closed_at=None).count() == 1


def words(desk: Desk) -> list[str]:
    with override("en"):
        return [row.words for row in notices(desk.company.manager).rows]


def test_a_manager_reads_who_let_the_time_pass_not_who_has_the_lead_now() -> None:
    desk = hot()
    for minute in (15, 30):
        flow.keep_clocks(MONDAY_NOON + timedelta(minutes=minute))
    assert holder(desk.lead_id) != desk.holder
    listen()
    assert words(desk) == [f"{desk.holder.name} has not met with a lead in time"]
    flow.keep_clocks(MONDAY_NOON + timedelta(minutes=45))
    later, had = holder(desk.lead_id), words(desk)
    read(desk.company.manager, MONDAY_NOON)
    listen()
    assert words(desk) == [f"{later.name} has not met with a lead in time", *had]


def test_a_manager_reads_who_has_not_looked_not_who_has_the_lead_now() -> None:
    desk = hot()
    for minute in (5, 10):
        hand_on(MONDAY_NOON + timedelta(minutes=minute))
    assert words(desk) == [f"{desk.holder.name} has not looked at a lead"]
    assign(desk, 0, by(desk.company.manager.pk))
    assert words(desk) == [f"{desk.holder.name} has not looked at a lead"]


def test_that_a_lead_is_stuck_is_over_when_it_goes_on_and_not_by_a_call() -> None:
    company = listened()
    limited(company, of("asked", reclaim=None))
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    Clock.objects.exclude(kind="stage").update(stopped_at=MONDAY_NOON)
    late = MONDAY_NOON + timedelta(minutes=150)
    flow.keep_clocks(late)
    listen()
    assert told(company.manager) == ["stuck"]
    log_call(lead_id, call(), member=holder(lead_id), now=late)
    listen()
    assert told(company.manager) == ["stuck"]
    follow(flow.FACTS, late)
    listen()
    assert told(company.manager) == ["(stuck done)"]
