"""How leads move along their pipelines, leave them and come back."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from clew.base.models import Entry
from clew.base.outbox import follow
from clew.contacts.models import Lead
from clew.handoff.actions.leads import claim, reopen, to_pool
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead, log_call
from clew.pipeline.errors import LeadNotClaimed
from clew.pipeline.models import Call
from clew.pipeline.moves.actions.leads import Leaving, advance, empty_retired, estimate, leave, move
from clew.pipeline.moves.actions.stages import retire_stage
from clew.pipeline.moves.actions.usual import count_usual
from clew.pipeline.moves.errors import (
    ExitReasonMissing,
    LeadElsewhere,
    LeadThereAlready,
    RivalTooLong,
    StageIsAfterWinning,
    StageIsBeforeWinning,
    StageOfAnotherPipeline,
    StageRetired,
)
from clew.pipeline.moves.models import Estimate, Exit, ExitReason, Stage, Stay, Usual
from clew.pipeline.moves.queries import move_note, standing_of
from clew.web.flow import FACTS
from tests.company import COLD, TESTER, enquire
from tests.pipeline.desk import NOON, call, desk

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def stage(key: str, side: str = "online") -> Stage:
    return Stage.objects.get(pipeline__side=side, key=key)


def reason(key: str, of: str) -> ExitReason:
    return ExitReason.objects.get(stage=stage(of), key=key)


def stands(lead_id: UUID) -> str:
    found = standing_of(lead_id)
    assert found is not None
    return Stage.objects.get(pk=found.stage_id).key


def went(lead_id: UUID) -> list[tuple[str, str, str]]:
    stays = Stay.objects.filter(lead=lead_id).select_related("stage").order_by("number")
    return [(s.stage.key, s.how, s.outcome) for s in stays]


def settle(now: datetime = NOON) -> None:
    while follow(FACTS, now):
        pass


def test_a_lead_stands_in_the_first_stage_of_its_own_pipeline_before_anybody_moves_it() -> None:
    at = desk()
    assert stands(at.lead_id) == "asked"
    assert not Stay.objects.exists()
    introduced = enquire(at.company.fair, phone="13900000001", **COLD)
    assert stands(introduced) == "introduced"


def test_a_move_ends_the_stay_before_it_with_its_working_time_and_begins_another() -> None:
    at = desk()
    move(at.lead_id, stage("icebreaking").pk, member=at.holder, now=NOON + HOUR)
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON + 24 * HOUR, note="要 6 台")
    move(at.lead_id, stage("consultation").pk, member=at.holder, now=NOON + 25 * HOUR)
    assert went(at.lead_id) == [
        ("asked", "entered", "onward"),
        ("icebreaking", "forward", "onward"),
        ("offer", "skipped", "back"),
        ("consultation", "back", ""),
    ]
    first, second, third, now = Stay.objects.filter(lead=at.lead_id).order_by("number")
    assert first.entered_at == Lead.objects.get(pk=at.lead_id).opened_at
    assert (first.left_at, second.left_at) == (second.entered_at, third.entered_at)
    assert second.work_seconds == 5 * 3600 + 3.5 * 3600  # 13:00 to 18:00, and from 8:30 to 12:00
    assert move_note(third) == "要 6 台"
    assert "要 6 台".encode() not in bytes(third.note or b"")
    assert now.left_at is None
    moved = Entry.objects.filter(name="LeadMoved", subject=at.lead_id).order_by("pk")
    assert [entry.data["how"] for entry in moved] == ["forward", "skipped", "back"]


def test_what_was_moved_meanwhile_is_not_moved_over() -> None:
    at = desk()
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    with pytest.raises(LeadElsewhere):
        move(
            at.lead_id, stage("icebreaking").pk, member=at.holder, now=NOON, seen=stage("asked").pk
        )
    with pytest.raises(LeadThereAlready):
        move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    assert stands(at.lead_id) == "offer"


def test_a_lead_is_moved_only_along_its_own_pipeline_and_by_winning_into_what_follows_it() -> None:
    at = desk()
    for wrong, refused in (
        (stage("visit", "offline"), StageOfAnotherPipeline),
        (stage("payment"), StageIsAfterWinning),
        (stage("use"), StageIsAfterWinning),
    ):
        with pytest.raises(refused):
            move(at.lead_id, wrong.pk, member=at.holder, now=NOON)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    settle()
    assert stands(at.lead_id) == "payment"
    move(at.lead_id, stage("use").pk, member=at.company.manager, now=NOON + HOUR)
    with pytest.raises(StageIsBeforeWinning):
        move(at.lead_id, stage("offer").pk, member=at.company.manager, now=NOON + HOUR)


def test_nobody_moves_what_is_in_the_pool() -> None:
    at = desk()
    to_pool(at.lead_id, team_id=at.company.online.pk, actor=TESTER, now=NOON, reason="owner_left")
    for act in (
        lambda: move(at.lead_id, stage("offer").pk, member=at.company.manager, now=NOON),
        lambda: leave(
            at.lead_id, Leaving(reason("silent", "asked").pk), member=at.company.manager, now=NOON
        ),
    ):
        with pytest.raises(LeadNotClaimed):
            act()


def test_leaving_keeps_the_reason_the_rival_and_the_price_and_closes_the_lead() -> None:
    at = desk()
    move(at.lead_id, stage("comparison").pk, member=at.holder, now=NOON)
    with pytest.raises(ExitReasonMissing):
        leave(at.lead_id, Leaving(reason("silent", "asked").pk), member=at.holder, now=NOON)
    with pytest.raises(RivalTooLong):
        leave(
            at.lead_id,
            Leaving(reason("rival", "comparison").pk, rival="长" * 61),
            member=at.holder,
            now=NOON,
        )
    gone = Leaving(reason("rival", "comparison").pk, rival="汇川", price_minor=580_000)
    leave(at.lead_id, gone, member=at.holder, now=NOON + HOUR)
    settle(NOON + HOUR)
    left = Exit.objects.get()
    assert (left.end, left.rival, left.price_minor, left.member) == (
        "lost_rival",
        "汇川",
        580_000,
        at.holder,
    )
    assert went(at.lead_id)[-1] == ("comparison", "skipped", "left")
    stood = Placement.objects.get(lead=at.lead_id, closed_at=None)
    assert (stood.kind, stood.reason) == ("closed", "lost_rival")


def test_a_rival_is_kept_only_where_the_reason_asks_for_one() -> None:
    at = desk()
    gone = Leaving(reason("no_need", "asked").pk, rival="汇川", price_minor=1)
    left = leave(at.lead_id, gone, member=at.holder, now=NOON)
    assert (left.rival, left.price_minor) == ("", None)


def test_a_lead_that_ended_otherwise_has_left_its_stage_too() -> None:
    at = desk()
    log_call(at.lead_id, call(Call.Result.BAD_NUMBER), member=at.holder, now=NOON)
    settle()
    assert Exit.objects.get().end == "bad_number"
    assert Exit.objects.get().reason is None
    assert went(at.lead_id) == [("asked", "entered", "left")]


def test_taken_up_again_a_lead_goes_on_where_it_stood_and_keeps_what_was() -> None:
    at = desk()
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    leave(at.lead_id, Leaving(reason("price", "offer").pk), member=at.holder, now=NOON + HOUR)
    settle(NOON + HOUR)
    reopen(at.lead_id, actor=TESTER, now=NOON + 2 * HOUR)
    settle(NOON + 2 * HOUR)
    assert went(at.lead_id)[-2:] == [("offer", "skipped", "left"), ("offer", "reopened", "")]
    assert Exit.objects.get().returned_at == NOON + 2 * HOUR
    settle(NOON + 2 * HOUR)
    assert len(went(at.lead_id)) == 3


def test_a_won_lead_taken_up_again_goes_on_before_the_winning_stage() -> None:
    at = desk()
    move(at.lead_id, stage("contract").pk, member=at.holder, now=NOON)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    settle()
    reopen(at.lead_id, actor=TESTER, now=NOON + HOUR)
    settle(NOON + HOUR)
    assert went(at.lead_id)[-2:] == [("payment", "forward", "back"), ("contract", "reopened", "")]


def test_calls_bring_a_lead_forward_and_never_back() -> None:
    at = desk()
    log_call(at.lead_id, call(Call.Result.NO_ANSWER), member=at.holder, now=NOON)
    settle()
    assert stands(at.lead_id) == "icebreaking"
    log_call(at.lead_id, call(Call.Result.ANSWERED), member=at.holder, now=NOON)
    settle()
    assert stands(at.lead_id) == "consultation"
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    log_call(at.lead_id, call(Call.Result.ANSWERED), member=at.holder, now=NOON)
    settle()
    assert stands(at.lead_id) == "offer"


def test_leads_in_a_retired_stage_go_on_into_the_next_even_through_several() -> None:
    at = desk()
    gone, also, kept = stage("icebreaking"), stage("consultation"), stage("offer")
    move(at.lead_id, gone.pk, member=at.holder, now=NOON)
    retire_stage(gone.pk, into=also.pk, member=at.company.administrator, now=NOON)
    retire_stage(also.pk, into=kept.pk, member=at.company.administrator, now=NOON)
    with pytest.raises(StageRetired):
        move(at.lead_id, also.pk, member=at.holder, now=NOON)
    assert empty_retired(NOON + HOUR)
    assert not empty_retired(NOON + HOUR)
    assert went(at.lead_id)[-2:] == [("icebreaking", "forward", "aside"), ("offer", "retired", "")]


def test_leads_that_nobody_moved_stand_in_the_next_stage_once_the_first_is_retired() -> None:
    at = desk()
    retire_stage(
        stage("asked").pk, into=stage("offer").pk, member=at.company.administrator, now=NOON
    )
    assert stands(at.lead_id) == "icebreaking"


def test_the_newest_estimate_holds_and_earlier_ones_stay() -> None:
    at = desk()
    estimate(at.lead_id, 100_00, member=at.holder, now=NOON)
    estimate(at.lead_id, 90_00, member=at.holder, now=NOON + HOUR)
    assert Estimate.objects.get(superseded_at=None).value_minor == 90_00
    assert Estimate.objects.count() == 2


def test_a_lead_has_one_open_stay_whoever_writes_it() -> None:
    at = desk()
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    with pytest.raises(IntegrityError, match="stay_one_open_per_lead"), transaction.atomic():
        Stay.objects.create(
            lead_id=at.lead_id, stage=stage("asked"), number=9, how="back", entered_at=NOON
        )


def test_what_is_usual_is_counted_from_the_stays_that_ended() -> None:
    at = desk()
    ids = [at.lead_id] + [
        enquire(at.company.site, phone=f"1390000000{n}", **COLD) for n in range(3)
    ]
    for number, lead_id in enumerate(ids):
        if not Placement.objects.filter(lead=lead_id, closed_at=None, kind="person").exists():
            claim(lead_id, member=at.holder, now=NOON)
        move(lead_id, stage("offer").pk, member=at.company.manager, now=NOON)
        after = NOON + (number + 1) * HOUR
        if number:
            move(lead_id, stage("comparison").pk, member=at.company.manager, now=after)
        else:
            gone = Leaving(reason("price", "offer").pk)
            leave(lead_id, gone, member=at.company.manager, now=after)
    count_usual(NOON + 5 * HOUR)
    usual = Usual.objects.get(stage=stage("offer"))
    assert (usual.stay_count, usual.seconds, usual.passed_bp) == (4, 9000, 7500)


def test_signs_that_come_after_the_end_change_nothing() -> None:
    at = desk()
    leave(at.lead_id, Leaving(reason("silent", "asked").pk), member=at.holder, now=NOON)
    settle()
    advance(at.lead_id, "answered", NOON + HOUR)
    assert went(at.lead_id) == [("asked", "entered", "left")]
