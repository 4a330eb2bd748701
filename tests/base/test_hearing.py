"""Events are heard once each, whatever overlaps, however many there are, and whoever fails."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from clew.base import hearing
from clew.base.hearing import Heard, hear
from clew.base.ids import uuid7
from clew.base.ledger import Actor, Event, append, append_all
from clew.base.models import Ear
from clew.capture.link import conninfo
from tests.company import MONDAY_NOON

pytestmark = pytest.mark.django_db(transaction=True)
SOMEBODY = Actor("member", "7")


@dataclass(frozen=True, slots=True)
class Rung(Event):
    """A bell was rung."""

    bell_id: UUID
    times: int


@dataclass(frozen=True, slots=True)
class Silent(Event):
    """Nobody listens to this."""

    bell_id: UUID


class Ears:
    """Keeps what was heard."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    def __call__(self, heard: Sequence[Heard], now: datetime) -> None:
        self.heard.extend(heard)

    @property
    def times(self) -> list[int]:
        return [one.told()["times"] for one in self.heard]


@pytest.fixture
def ears() -> Iterator[Ears]:
    made = Ears()
    listen(made)
    yield made
    connections.close_all()


def listen(ears: Ears, at_once: int = 100) -> int:
    return hear("test", {Rung: ears}, MONDAY_NOON, at_once)


def ring(times: int) -> None:
    append_all([Rung(uuid7(), times)], actor=SOMEBODY, at=MONDAY_NOON)


def test_it_begins_with_what_comes_and_hears_each_once(ears: Ears) -> None:
    ring(1)
    append(Silent(uuid7()), actor=SOMEBODY, at=MONDAY_NOON)
    assert listen(ears) == 1
    assert listen(ears) == 0
    ring(2)
    listen(ears)
    assert ears.times == [1, 2]
    assert (ears.heard[0].member_id, ears.heard[0].at) == (7, MONDAY_NOON)


def test_what_was_before_the_first_time_is_not_told() -> None:
    ring(1)
    late = Ears()
    assert listen(late) == listen(late) == 0
    ring(2)
    listen(late)
    assert late.times == [2]


def test_whoever_commits_late_is_heard_late_and_holds_nobody_up(ears: Ears) -> None:
    """The number of the slow one is lower than that of the fast one, which is heard first."""
    written, go = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            ring(1)
            written.set()
            go.wait(10)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(10)
    ring(2)
    listen(ears)
    assert ears.times == [2]
    ring(3)
    go.set()
    thread.join()
    listen(ears)
    assert ears.times == [2, 1, 3]
    assert listen(ears) == 0


def test_what_comes_while_there_is_more_than_at_once_is_heard_after_it(ears: Ears) -> None:
    for times in range(5):
        ring(times)
    assert listen(ears, at_once=2) == 2
    ring(5)
    assert [listen(ears, at_once=2) for _ in range(4)] == [2, 1, 1, 0]
    assert ears.times == [0, 1, 2, 3, 4, 5]


def test_it_goes_on_after_a_last_page_that_was_exactly_full(ears: Ears) -> None:
    for times in range(4):
        ring(times)
    assert [listen(ears, at_once=2) for _ in range(3)] == [2, 2, 0]
    ring(4)
    assert listen(ears, at_once=2) == 1
    assert ears.times == [0, 1, 2, 3, 4]


def test_what_a_listener_cannot_take_is_left_out_and_nothing_else(ears: Ears) -> None:
    def deaf(heard: Sequence[Heard], now: datetime) -> None:
        ears(heard, now)
        if any(one.told()["times"] == 2 for one in heard):
            raise ValueError

    for times in range(5):
        ring(times)
    ears.heard.clear()
    kept = Ears()

    def keep(heard: Sequence[Heard], now: datetime) -> None:
        deaf(heard, now)
        kept(heard, now)

    assert hear("test", {Rung: keep}, MONDAY_NOON) == 5
    assert kept.times == [0, 1, 3, 4]
    assert listen(kept) == 0


def test_a_lost_database_loses_nothing(ears: Ears) -> None:
    def away(heard: Sequence[Heard], now: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")

    ring(1)
    with pytest.raises(DatabaseError):
        hear("test", {Rung: away}, MONDAY_NOON)
    connection.close()
    listen(ears)
    assert ears.times == [1]


def test_two_processes_do_not_hear_the_same(ears: Ears) -> None:
    ring(1)
    other = Ears()

    def meanwhile(heard: Sequence[Heard], now: datetime) -> None:
        ears(heard, now)
        thread = threading.Thread(target=lambda: (listen(other), connections.close_all()))
        thread.start()
        thread.join()

    hear("test", {Rung: meanwhile}, MONDAY_NOON)
    assert (ears.times, other.times) == ([1], [])


def test_on_another_server_it_begins_anew(ears: Ears) -> None:
    Ear.objects.update(heard="9000000000:9000000000:")
    ring(1)
    assert listen(ears) == listen(ears) == 0
    ring(2)
    listen(ears)
    assert ears.times == [2]


def test_an_ear_that_hears_nothing_writes_nothing_but_is_moved_on(
    ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Ear.objects.get().heard
    append(Silent(uuid7()), actor=SOMEBODY, at=MONDAY_NOON)
    listen(ears)
    assert Ear.objects.get().heard == before
    monkeypatch.setattr(hearing, "FAR", -1)
    with psycopg.connect(conninfo(), autocommit=True) as somebody_else:
        somebody_else.execute("select pg_current_xact_id()")
    listen(ears)
    assert Ear.objects.get().heard != before
