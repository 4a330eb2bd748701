from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from clew.base.ledger import Fact, append
from clew.base.models import Followed, Outbox
from clew.base.outbox import Follower, follow
from tests.company import MONDAY_NOON, TESTER

pytestmark = pytest.mark.django_db
NOW = MONDAY_NOON


@dataclass(frozen=True, slots=True)
class BellRung(Fact):
    """Something happened."""

    bell_id: UUID
    strokes: int


@dataclass(frozen=True, slots=True)
class DoorOpened(Fact):
    """A fact about something numbered."""

    door_id: int


def test_each_follower_runs_once_with_the_fact_as_it_was() -> None:
    heard: list[object] = []
    bell = BellRung(uuid4(), 3)
    append(bell, actor=TESTER, at=NOW)
    append(DoorOpened(7), actor=TESTER, at=NOW)
    hear = Follower("hear", lambda fact, _now: heard.append(fact))
    followers = {BellRung: [hear], DoorOpened: [hear]}
    assert follow(followers, NOW) == 2
    assert follow(followers, NOW) == 0
    assert heard == [bell, DoorOpened(7)]


def test_a_failing_follower_is_tried_later_and_its_subject_waits_in_order() -> None:
    heard: list[int] = []
    bell, other = uuid4(), uuid4()
    broken = [True]

    def hear(fact: BellRung, _now: object) -> None:
        if fact.strokes == 1 and broken[0]:
            raise RuntimeError
        heard.append(fact.strokes)

    for id_, strokes in ((bell, 1), (bell, 2), (other, 3)):
        append(BellRung(id_, strokes), actor=TESTER, at=NOW)
    followers = {BellRung: [Follower("hear", hear)]}
    assert follow(followers, NOW) == 1
    assert heard == [3]
    assert Outbox.objects.earliest("entry_id").error == "RuntimeError"
    assert follow(followers, NOW) == 0
    broken[0] = False
    assert follow(followers, NOW + timedelta(minutes=1)) == 2
    assert heard == [3, 1, 2]


def test_a_follower_that_already_ran_does_not_run_again() -> None:
    heard: list[object] = []
    entry = append(BellRung(uuid4(), 1), actor=TESTER, at=NOW)
    Followed.objects.create(entry_id=entry, follower="hear")
    follow({BellRung: [Follower("hear", lambda fact, _now: heard.append(fact))]}, NOW)
    assert heard == []
    assert not Outbox.objects.exists()
