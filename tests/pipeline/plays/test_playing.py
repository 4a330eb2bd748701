"""A play goes on step by step, each once, and stops at once when the person answers or the lead moves."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clew.base.models import Entry
from clew.contacts.models import Identifier
from clew.contacts.queries import value
from clew.handoff.actions.leads import assign
from clew.handoff.models import Placement
from clew.handoff.pools.actions import PoolTerms, set_policy
from clew.pipeline.actions.leads import close_lead, give_back, log_call, plan
from clew.pipeline.clocks.models import Policy
from clew.pipeline.models import Call, Task
from clew.pipeline.moves.actions.leads import Leaving, leave, move
from clew.pipeline.moves.models import Exit
from clew.pipeline.plays.actions import playing
from clew.pipeline.plays.actions.plays import Place, decide
from clew.pipeline.plays.actions.runs import follow_left, heed_writing, meet, start, stop
from clew.pipeline.plays.errors import (
    LeadHadPlay,
    LeadInPlay,
    NobodyToReach,
    PlayDoesNotFit,
    PlayNotRunning,
    RunMissing,
    StepNotDue,
)
from clew.pipeline.plays.models import Deed, Play, Run
from clew.pipeline.plays.queries import due_steps, on_lead, step_words
from clew.pipeline.plays.steps import Channel, Holds, Kind, Otherwise, Step
from clew.web.flow import keep_clocks, recycle, undo
from clew.web.worker import run_belt_once
from tests.company import HOT, TESTER, enquire, submit
from tests.pipeline.desk import NOON, Desk, call, desk, holder
from tests.pipeline.plays.campaign import (
    DAY,
    one_played,
    play_on,
    reason,
    running,
    settle,
    stage,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> Desk:
    return desk()


@pytest.fixture
def play(at: Desk) -> Play:
    return running(at)


@pytest.fixture
def lead_id(at: Desk, play: Play) -> UUID:
    """A lead that is played."""
    found = one_played(at, play)
    start(found, play.pk, member=holder(found), now=NOON)
    return found


def run(lead_id: UUID) -> Run:
    return Run.objects.get(lead=lead_id)


def locked(asked: CaptureQueriesContext) -> list[str]:
    """Give the tables of which rows were locked, in that order."""
    found = [re.search(r'FROM "(\w+)".* FOR (NO KEY )?UPDATE', query["sql"]) for query in asked]
    return [match[1] for match in found if match]


def deeds(lead_id: UUID) -> list[tuple[int, bool]]:
    found = Deed.objects.filter(run__lead=lead_id).order_by("step")
    return [(deed.step, deed.met_at is not None) for deed in found]


def test_steps_fall_due_over_days_and_become_the_leads_next_step(lead_id: UUID) -> None:
    play_on(NOON + DAY - timedelta(seconds=1))
    assert deeds(lead_id) == []
    play_on(NOON + DAY)
    assert deeds(lead_id) == [(0, False)]
    assert Task.objects.get(lead=lead_id, done_at=None).due_at == NOON + DAY
    assert list(step_words([lead_id]).values()) == ["再打一次"]
    play_on(NOON + 4 * DAY)
    assert deeds(lead_id) == [(0, False), (1, False)]
    play_on(NOON + 4 * DAY + playing.REST)
    assert run(lead_id).why == "through"


def test_a_step_happens_once_however_often_the_worker_comes_by(lead_id: UUID) -> None:
    for _ in range(3):
        play_on(NOON + DAY)
    assert deeds(lead_id) == [(0, False)]
    assert Entry.objects.filter(name="PlayStepDue").count() == 1
    with pytest.raises(IntegrityError, match="deed_once_per_step"), transaction.atomic():
        Deed.objects.create(run=run(lead_id), step=0, at=NOON)


def test_what_was_promised_stays(lead_id: UUID) -> None:
    plan(lead_id, NOON + 2 * DAY, member=holder(lead_id), now=NOON)
    play_on(NOON + DAY)
    assert Task.objects.get(lead=lead_id, done_at=None).due_at == NOON + 2 * DAY
    assert deeds(lead_id) == [(0, False)]


@pytest.mark.parametrize("result", ["answered", "refused", "wechat_added"])
def test_a_play_stops_when_the_person_answers(lead_id: UUID, result: str) -> None:
    play_on(NOON + DAY)
    at = NOON + DAY + timedelta(minutes=5)
    log_call(lead_id, call(Call.Result(result), next_at=at + DAY), member=holder(lead_id), now=at)
    play_on(at + 5 * DAY)  # before anybody was told of the call
    assert deeds(lead_id) == [(0, False)]
    assert run(lead_id).why == "answered"


def test_an_answered_call_has_done_the_step_that_was_due(lead_id: UUID) -> None:
    play_on(NOON + DAY)
    at = NOON + DAY + timedelta(minutes=5)
    sent = call(Call.Result.ANSWERED, next_at=at + DAY)
    log_call(lead_id, sent, member=holder(lead_id), now=at)
    settle(at)
    assert deeds(lead_id) == [(0, True)]
    assert run(lead_id).why in {"answered", "moved"}


def test_an_attempt_does_a_call_and_no_message(at: Desk) -> None:
    play = running(at, key="icebreaking")
    lead_id = one_played(at, play)
    first = call(next_at=NOON + DAY)
    log_call(lead_id, first, member=holder(lead_id), now=NOON)
    settle()
    start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    play_on(NOON + DAY)
    later = NOON + DAY + timedelta(hours=1)
    log_call(lead_id, call(next_at=later + DAY), member=holder(lead_id), now=later)
    settle(later)
    assert deeds(lead_id) == [(0, True)]
    play_on(NOON + 4 * DAY)
    last = NOON + 4 * DAY + timedelta(hours=1)
    log_call(lead_id, call(next_at=last + DAY), member=holder(lead_id), now=last)
    settle(last)
    assert deeds(lead_id) == [(0, True), (1, False)]
    meet(lead_id, 1, member=holder(lead_id), now=last)
    assert run(lead_id).why == "through"


@pytest.mark.parametrize(
    "step",
    [
        Step(Kind.TASK, 1, Channel.WECHAT, "加微信", "Add on WeChat"),
        Step(Kind.OFFER, 1, zh="让一点价", en="Offer less", cost_minor=900),
    ],
)
def test_an_attempt_adds_nobody_and_offers_nothing(at: Desk, step: Step) -> None:
    play = running(at, steps=[step], key="icebreaking")
    lead_id = one_played(at, play)
    log_call(lead_id, call(next_at=NOON + DAY), member=holder(lead_id), now=NOON)
    settle()
    start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    play_on(NOON + DAY)
    later = NOON + DAY + timedelta(hours=1)
    log_call(lead_id, call(next_at=later + DAY), member=holder(lead_id), now=later)
    settle(later)
    assert deeds(lead_id) == [(0, False)]


def test_a_play_stops_when_the_person_writes_again(at: Desk, play: Play) -> None:
    lead_id = one_played(at, play)
    start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    again = NOON + timedelta(hours=2)
    number = _phone(lead_id)
    enquire(at.company.site, again, phone=number, message="还有货吗")
    assert heed_writing(again + timedelta(minutes=1)) == 1
    assert run(lead_id).why == "wrote"


def test_no_step_is_put_to_anybody_after_the_person_wrote(at: Desk, lead_id: UUID) -> None:
    enquire(at.company.site, NOON + timedelta(hours=2), phone=_phone(lead_id), message="还有货吗")
    play_on(NOON + DAY)
    assert deeds(lead_id) == []
    assert run(lead_id).why == "wrote"


def test_a_play_ends_when_the_lead_moves(lead_id: UUID) -> None:
    move(lead_id, stage("offer").pk, member=holder(lead_id), now=NOON)
    settle()
    assert run(lead_id).why == "moved"
    play_on(NOON + DAY)
    assert deeds(lead_id) == []


def test_a_play_ends_when_the_lead_is_closed_or_given_back(at: Desk, lead_id: UUID) -> None:
    close_lead(lead_id, reason="lost_need", member=holder(lead_id), now=NOON + timedelta(minutes=1))
    play_on(NOON + DAY)
    assert (run(lead_id).why, deeds(lead_id)) == ("closed", [])
    other = one_played(at, Play.objects.get(pk=run(lead_id).play_id))
    start(other, run(lead_id).play_id, member=holder(other), now=NOON)
    give_back(other, reason="no_time", member=holder(other), now=NOON + timedelta(minutes=1))
    settle(NOON + timedelta(minutes=1))
    assert run(other).why == "pooled"


def test_a_play_ends_when_a_rule_takes_the_lead_back(at: Desk, lead_id: UUID) -> None:
    set_policy(at.company.online.pk, PoolTerms(uncontacted_minutes=60), actor=TESTER, now=NOON)
    recycle(NOON + timedelta(hours=2))
    assert run(lead_id).why == "pooled"


def test_a_late_lead_takes_its_play_along_until_it_goes_to_the_pool(lead_id: UUID) -> None:
    Policy.objects.update(handons_at_most=1)
    before = holder(lead_id)
    keep_clocks(NOON + timedelta(minutes=30))
    assert holder(lead_id) != before
    assert run(lead_id).ended_at is None
    keep_clocks(NOON + timedelta(minutes=60))
    assert run(lead_id).why == "pooled"


def test_a_lead_in_other_hands_goes_on_with_its_play(at: Desk, lead_id: UUID) -> None:
    other = next(seat for seat in at.company.seats if seat.member != holder(lead_id))
    assign(lead_id, seat_id=other.pk, actor=TESTER, now=NOON, reason="by_hand")
    settle()
    play_on(NOON + DAY)
    assert deeds(lead_id) == [(0, False)]
    assert [due.lead.pk for due in due_steps(other.member)] == [lead_id]


def test_who_is_held_back_gets_nothing_and_is_counted(at: Desk, play: Play) -> None:
    lead_id = one_played(at, play, is_without=True)
    began = start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    assert began.is_held_back
    play_on(NOON + 30 * DAY)
    assert deeds(lead_id) == []
    assert on_lead(lead_id).held_back == ["换渠道"]


def test_nobody_gets_a_play_twice_or_two_at_once(at: Desk, play: Play, lead_id: UUID) -> None:
    other = running(at)
    with pytest.raises(LeadHadPlay):
        start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    with pytest.raises(LeadInPlay):
        start(lead_id, other.pk, member=holder(lead_id), now=NOON)
    stop(lead_id, member=holder(lead_id), now=NOON)
    assert run(lead_id).why == "by_hand"
    with pytest.raises(RunMissing):
        stop(lead_id, member=holder(lead_id), now=NOON)
    start(lead_id, other.pk, member=holder(lead_id), now=NOON)


def test_a_play_begins_only_where_it_fits(at: Desk, play: Play) -> None:
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    with pytest.raises(PlayDoesNotFit):
        start(at.lead_id, play.pk, member=at.holder, now=NOON)
    assert on_lead(at.lead_id).offers == []


def test_a_lead_that_nobody_can_reach_is_not_played(at: Desk, play: Play) -> None:
    lead_id = one_played(at, play)
    Identifier.objects.filter(contact__leads=lead_id).delete()
    with pytest.raises(NobodyToReach):
        start(lead_id, play.pk, member=holder(lead_id), now=NOON)


def test_stopping_locks_the_leads_before_the_play(at: Desk, play: Play, lead_id: UUID) -> None:
    with CaptureQueriesContext(connection) as asked:
        decide(play.pk, "stopped", reason="没用", member=at.company.manager, now=NOON)
    assert locked(asked)[:2] == ["contacts_lead", "plays_play"]
    assert run(lead_id).why == "stopped"


def test_a_stopped_play_does_nothing_more(at: Desk, play: Play, lead_id: UUID) -> None:
    decide(play.pk, "stopped", reason="没用", member=at.company.manager, now=NOON)
    assert run(lead_id).why == "stopped"
    play_on(NOON + DAY)
    assert deeds(lead_id) == []
    with pytest.raises(PlayNotRunning):
        start(at.lead_id, play.pk, member=at.holder, now=NOON)


def test_conditions_stop_or_skip(at: Desk) -> None:
    steps = [
        Step(Kind.CONDITION, 1, holds=Holds.HAS_WECHAT, otherwise=Otherwise.SKIP),
        Step(Kind.MESSAGE, zh="发微信"),
        Step(Kind.WAIT, 2),
        Step(Kind.TASK, zh="打电话"),
        Step(Kind.CONDITION, holds=Holds.HAS_EMAIL),
        Step(Kind.MESSAGE, zh="发邮件"),
    ]
    play = running(at, steps=steps)
    lead_id = one_played(at, play)
    start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    play_on(NOON + DAY)
    assert deeds(lead_id) == []  # no WeChat: the message is passed over
    play_on(NOON + 3 * DAY)
    assert deeds(lead_id) == [(3, False)]
    play_on(NOON + 3 * DAY + timedelta(minutes=1))
    assert deeds(lead_id) == [(3, False)]
    assert run(lead_id).why == "condition"


def test_a_step_is_done_once_and_an_old_page_is_told(lead_id: UUID) -> None:
    play_on(NOON + DAY)
    who = holder(lead_id)
    first = meet(lead_id, 0, member=who, now=NOON + DAY)
    assert meet(lead_id, 0, member=who, now=NOON + 2 * DAY).met_at == first.met_at
    play_on(NOON + 4 * DAY)
    with pytest.raises(StepNotDue):
        meet(lead_id, 0, member=who, now=NOON + 4 * DAY)


class TestWhoLeft:
    """A lead leaves, the play is offered at once, or starts by itself; the lead is taken up when something is to do."""

    def leave(self, at: Desk, lead_id: UUID, why: str = "silent") -> None:
        leave(lead_id, Leaving(reason(why, "asked").pk), member=holder(lead_id), now=NOON)
        settle()

    def test_the_play_of_the_reason_is_offered_before_that_of_the_stage(self, at: Desk) -> None:
        of_stage = running(at, Place(stage("asked").pk, "left"))
        of_reason = running(at, Place(stage("asked").pk, "left", reason("silent", "asked").pk))
        running(at, Place(stage("asked").pk, "left", reason("only_price", "asked").pk))
        self.leave(at, at.lead_id)
        assert [pk for pk, _, _ in on_lead(at.lead_id).offers] == [of_reason.pk, of_stage.pk]

    def test_it_starts_by_itself_and_takes_the_lead_up_when_something_is_to_do(
        self, at: Desk
    ) -> None:
        play = running(at, Place(stage("asked").pk, "left"), starts_itself=True)
        lead_id = one_played(at, play)
        who = holder(lead_id)
        self.leave(at, lead_id)
        assert run(lead_id).actor_kind == "system"
        play_on(NOON + DAY)
        settle(NOON + DAY)
        placement = Placement.objects.get(lead=lead_id, closed_at=None)
        assert (placement.kind, placement.seat and placement.seat.member) == ("person", who)
        assert deeds(lead_id) == [(0, False)]
        assert run(lead_id).ended_at is None
        assert Exit.objects.get(lead=lead_id).returned_at

    def test_nobody_goes_after_people_who_want_to_be_left_alone(self, at: Desk) -> None:
        running(at, Place(stage("asked").pk, "left"), starts_itself=True)
        log_call(at.lead_id, call(Call.Result.BLOCKED), member=at.holder, now=NOON)
        settle()
        assert not Run.objects.exists()
        assert on_lead(at.lead_id).offers == []

    def test_a_person_with_a_newer_lead_is_not_called_about_the_old_one(self, at: Desk) -> None:
        play = running(at, Place(stage("asked").pk, "left"), starts_itself=True)
        lead_id = one_played(at, play)
        self.leave(at, lead_id)
        enquire(at.company.site, NOON + timedelta(hours=1), phone=_phone(lead_id), **HOT)
        play_on(NOON + DAY)
        assert run(lead_id).why == "elsewhere"
        assert deeds(lead_id) == []

    def test_a_lead_that_nobody_can_reach_is_let_into_no_play(self, at: Desk) -> None:
        running(at, Place(stage("asked").pk, "left"), starts_itself=True)
        Identifier.objects.filter(contact__leads=at.lead_id).delete()
        self.leave(at, at.lead_id)
        assert not Run.objects.exists()

    def test_what_begins_by_itself_locks_the_play_after_its_lead(self, at: Desk) -> None:
        running(at, Place(stage("asked").pk, "left"), starts_itself=True)
        leave(at.lead_id, Leaving(reason("silent", "asked").pk), member=at.holder, now=NOON)
        with CaptureQueriesContext(connection) as asked:
            follow_left(at.lead_id, NOON)
        assert locked(asked) == ["contacts_lead", "plays_play"]
        assert Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_lost_leads_are_taken_up_one_by_one_so_that_nobody_holds_two_seats() -> None:
    at = desk()
    play = running(at, Place(stage("asked").pk, "left"), starts_itself=True)
    for seat in at.company.seats:
        lead_id = one_played(at, play)
        assign(lead_id, seat_id=seat.pk, actor=TESTER, now=NOON, reason="by_hand")
        leave(lead_id, Leaving(reason("silent", "asked").pk), member=seat.member, now=NOON)
    settle()
    with CaptureQueriesContext(connection) as asked:
        play_on(NOON + DAY)
    assert Deed.objects.count() == len(at.company.seats)
    seats = [0]
    for query in asked:
        if query["sql"] == "BEGIN":
            seats.append(0)
        seats[-1] += "FOR NO KEY UPDATE" in query["sql"] and 'FROM "handoff_seat"' in query["sql"]
    assert sum(seats) == len(at.company.seats)
    assert max(seats) == 1


def test_entering_a_stage_starts_its_play(at: Desk) -> None:
    play = running(at, Place(stage("offer").pk, "entered"), starts_itself=True)
    lead_id = one_played(at, play)
    move(lead_id, stage("offer").pk, member=holder(lead_id), now=NOON)
    settle()
    assert run(lead_id).play == play
    settle()
    assert Run.objects.count() == 1


def test_what_is_undone_leaves_no_run(at: Desk, play: Play) -> None:
    lead_id = submit(at.company.site, phone="13700000001", **HOT)
    while run_belt_once(NOON):
        pass
    Run.objects.create(
        lead_id=lead_id,
        play=play,
        version=play.versions.get(),
        stage=play.stage,
        is_held_back=False,
        held_back_percent=20,
        due_at=NOON,
        started_at=NOON,
        actor_kind="system",
    )
    play_on(NOON)
    assert undo([lead_id], NOON).leads == 1
    assert not Run.objects.exists()
    assert not Deed.objects.exists()


def test_the_number_of_statements_does_not_grow(at: Desk, play: Play) -> None:
    counts = []
    for day in (0, 1):
        for _ in range(2 + 3 * day):
            lead_id = one_played(at, play)
            start(lead_id, play.pk, member=holder(lead_id), now=NOON)
        with CaptureQueriesContext(connection) as asked:
            play_on(NOON + DAY)
        counts.append(len(asked))
        Run.objects.update(due_at=NOON, step=0)
        Deed.objects.all().delete()
        Task.objects.all().delete()
    assert counts[0] == counts[1]


def _phone(lead_id: UUID) -> str:
    return value(Identifier.objects.get(contact__leads=lead_id))
