"""Plays under several hands: a step is put to somebody once and done once, and to nobody who has answered."""

from uuid import UUID

import pytest

from clew.base.models import Entry
from clew.pipeline.actions.leads import log_call
from clew.pipeline.models import Call
from clew.pipeline.plays.actions.playing import advance
from clew.pipeline.plays.actions.runs import meet, start
from clew.pipeline.plays.models import Deed, Run
from tests.pipeline.desk import NOON, call, desk, holder
from tests.pipeline.plays.campaign import DAY, one_played, running
from tests.races.threads import overlapping

pytestmark = pytest.mark.django_db(transaction=True)
DUE = NOON + DAY


def played() -> UUID:
    at = desk()
    play = running(at)
    lead_id = one_played(at, play)
    start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    return lead_id


def told(name: str) -> int:
    return Entry.objects.filter(name=name).count()


def test_two_workers_put_a_step_to_somebody_once_and_not_the_next_one_with_it() -> None:
    played()
    assert not overlapping(lambda: advance(DUE), lambda: advance(DUE))
    assert Deed.objects.get().step == 0
    assert (told("PlayStepDue"), Run.objects.get().step) == (1, 1)


def test_a_step_that_is_said_to_be_done_twice_at_once_is_done_once() -> None:
    lead_id = played()
    advance(DUE)
    who = holder(lead_id)

    def done() -> None:
        meet(lead_id, 0, member=who, now=DUE)

    assert not overlapping(done, done)
    assert told("PlayStepMet") == 1


def test_no_step_comes_while_it_is_written_down_that_the_person_answered() -> None:
    lead_id = played()
    who = holder(lead_id)
    answered = call(Call.Result.ANSWERED, next_at=DUE + DAY)
    assert not overlapping(
        lambda: log_call(lead_id, answered, member=who, now=DUE), lambda: advance(DUE)
    )
    assert not Deed.objects.exists()
    assert Run.objects.get().why == "answered"
