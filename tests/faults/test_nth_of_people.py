"""What people do with leads, and what rules do in their place, is done wholly or not at all (R15)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from clew.base.ids import uuid7
from clew.handoff.pools.actions import PoolTerms, set_policy
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.aftersale.actions.caring import begin as care
from clew.pipeline.commission.actions.booking import settle as book
from clew.pipeline.commission.actions.plans import Edition, publish
from clew.pipeline.meetings.actions import answering, inviting
from clew.pipeline.meetings.links import token_of
from clew.pipeline.moves.actions.leads import Leaving, leave, move
from clew.pipeline.plays.actions.runs import start
from clew.web.flow import recycle
from tests.company import MONDAY_NOON, TESTER
from tests.faults.plug import Act, fails_wholly
from tests.pipeline.commission.steps import NOVEMBER, TWO_TIERS
from tests.pipeline.desk import NOON, Desk, desk
from tests.pipeline.meetings.test_inviting import TIMES, invited
from tests.pipeline.plays.campaign import reason, running, stage

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def moving(at: Desk) -> Act:
    """A lead goes to a later stage."""
    return lambda: move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)


def leaving(at: Desk) -> Act:
    """A lead leaves, for a reason of its stage."""
    given = Leaving(reason("silent", "asked").pk)
    return lambda: leave(at.lead_id, given, member=at.holder, now=NOON)


def playing(at: Desk) -> Act:
    """Somebody starts a play."""
    play = running(at)
    return lambda: start(at.lead_id, play.pk, member=at.holder, now=NOON)


def inviting_them(at: Desk) -> Act:
    """Somebody is invited to a meeting."""
    plan = inviting.Plan(kind="video", place="https://meet.example/1", minutes=30, times=TIMES)
    meeting_id = uuid7()
    return lambda: inviting.invite(
        at.lead_id, plan, meeting_id=meeting_id, member=at.holder, now=NOON
    )


def choosing(at: Desk) -> Act:
    """They choose a time."""
    token = token_of(invited(at))
    return lambda: answering.choose(token, TIMES[0], now=NOON)


def recycling(at: Desk) -> Act:
    """A lead that nobody called goes back to its pool."""
    terms = PoolTerms(uncontacted_minutes=60)
    set_policy(at.company.online.pk, terms, actor=TESTER, now=NOON)

    def act() -> None:
        with transaction.atomic():
            recycle(NOON + timedelta(hours=4))

    return act


def booking(at: Desk) -> Act:
    """A deal is booked by the plan of its team."""
    won(at)
    return lambda: book([at.lead_id], NOON)


def caring(at: Desk) -> Act:
    """What comes after the sale begins."""
    won(at)
    return lambda: care(at.lead_id, NOON)


def won(at: Desk) -> None:
    publish(
        at.company.online.pk, Edition(TWO_TIERS, NOVEMBER, 0), member=at.company.manager, now=NOON
    )
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON, value_minor=880_000)


STORIES = {
    moving: 8,
    leaving: 10,
    playing: 6,
    inviting_them: 6,
    choosing: 6,
    recycling: 8,
    booking: 4,
    caring: 4,
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_is_done_wholly_or_not_at_all(story: Callable[[Desk], Act]) -> None:
    with time_machine.travel(MONDAY_NOON, tick=False):
        fails_wholly(story(desk()), at_least=STORIES[story])
