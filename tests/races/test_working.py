"""Two hands at one lead: moved, shared, looked after and measured once, and whoever is slower is told."""

from datetime import timedelta

import pytest
from django.db import connection

from clew.handoff.models import Placement
from clew.handoff.pools.actions import share_credit
from clew.handoff.pools.queries import credit_of
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.aftersale.actions import caring
from clew.pipeline.aftersale.errors import StepOver
from clew.pipeline.aftersale.models import CareStep
from clew.pipeline.moves.actions.leads import move
from clew.pipeline.moves.errors import LeadElsewhere
from clew.pipeline.moves.models import Stage
from clew.pipeline.moves.queries import standing_of
from clew.pipeline.queue.actions import measure_daily
from clew.pipeline.queue.models import Measurement
from clew.pipeline.reviews.actions import draw_sample, judge
from clew.pipeline.reviews.errors import ReviewDone
from tests.pipeline.desk import NOON, desk
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_who_move_a_lead_at_once_one_is_told_where_it_is() -> None:
    at = desk()
    stages = list(Stage.objects.filter(pipeline__side="online").order_by("position")[:3])
    who = (at.holder, at.company.manager)
    connection.close()
    for _ in range(8):
        stands = standing_of(at.lead_id)
        assert stands is not None
        seen, others = stands.stage_id, [one.pk for one in stages if one.pk != stands.stage_id]
        raised = at_once(
            *(
                lambda m=m, to=to, seen=seen: move(at.lead_id, to, member=m, now=NOON, seen=seen)
                for m, to in zip(who, others, strict=True)
            )
        )
        assert [type(one) for one in raised] == [LeadElsewhere]


def test_credit_that_two_share_at_once_is_as_one_of_them_said() -> None:
    at = desk()
    splits = [[(one.pk, 60), (at.holder.pk, 40)] for one in at.company.people if one != at.holder]
    connection.close()
    for minute in range(5):
        now = NOON + timedelta(minutes=minute)
        raised = at_once(
            *(
                lambda parts=parts, now=now: share_credit(
                    at.lead_id, parts, member=at.company.manager, now=now
                )
                for parts in splits
            )
        )
        assert raised == []
        told = [(part.member_id, part.percent) for part in credit_of([at.lead_id])[at.lead_id]]
        assert told in splits


def test_what_two_finish_at_once_is_finished_by_one() -> None:
    at = desk()
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    caring.begin(at.lead_id, NOON)
    step = CareStep.objects.get(kind="check")
    connection.close()
    raised = at_once(
        *(
            lambda note=note: caring.finish(step.pk, note, member=at.holder, now=NOON)
            for note in ("a", "b", "c")
        )
    )
    assert [type(one) for one in raised] == [StepOver] * 2


def test_a_loss_that_two_judge_at_once_is_judged_by_one() -> None:
    at = desk()
    close_lead(at.lead_id, reason="lost_need", member=at.holder, now=NOON)
    day, team = timedelta(days=1), at.company.online.pk
    manager = at.company.manager
    sample = draw_sample(team, NOON - day, NOON + day, size=1, seed="s", member=manager, now=NOON)
    review = sample.reviews.get()
    connection.close()
    raised = at_once(
        *(
            lambda verdict=verdict: judge(
                review.pk, verdict=verdict, why="once more", member=manager, now=NOON
            )
            for verdict in ("agreed", "reopened", "agreed")
        )
    )
    assert [type(one) for one in raised] == [ReviewDone] * 2
    review.refresh_from_db()
    stands = Placement.objects.get(lead=at.lead_id, closed_at=None).kind
    assert (stands == "closed") == (review.verdict == "agreed")


def test_waiting_is_measured_by_one_of_many_processes() -> None:
    connection.close()
    assert at_once(*(lambda: measure_daily(NOON) for _ in range(4))) == []
    assert Measurement.objects.count() == 1
