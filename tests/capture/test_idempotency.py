"""Whatever is sent again, in whatever order and however often at once, is stored once (R4, R5)."""

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.base.ledger import Actor
from clew.capture import asgi
from clew.capture.actions import leads
from clew.capture.models import Submission, Waiting
from clew.capture.schemas import LeadIn
from tests.capture.sender import NOW, Sender, counts, lead, site, stored

pytestmark = pytest.mark.django_db(transaction=True)
FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Processes(Sender):
    """Sends to four web processes in turn, each with connections of its own."""

    async def _send(self, calls: Any) -> Any:
        doors: list[asgi.Door] = []

        def doorway() -> Iterator[asgi.Door]:
            doors.extend(asgi.Door() for _ in range(4))
            yield from itertools.cycle(doors)

        with mock.patch.object(asgi, "_open_door", side_effect=doorway()):
            try:
                return await super()._send(calls)
            finally:
                await asyncio.gather(*(door.close() for door in doors))


@pytest.fixture
def sender() -> Sender:
    site()
    site("fair")
    return Processes()


def test_one_key_sent_32_times_at_once_to_four_processes_is_executed_once(sender: Sender) -> None:
    for round_number in range(8):
        body = [lead(name=f"{round_number}-{n}") for n in range(3)]
        answers = sender.send(*[body] * 32, idempotency_key=f"k{round_number}")
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        assert counts()["submissions"] == 3 * (round_number + 1)


def test_two_bodies_racing_for_one_key_have_one_winner(sender: Sender) -> None:
    for number in range(8):
        answers = sender.send(*[lead(name="A"), lead(name="B")] * 16, idempotency_key=f"k{number}")
        by_body = [{answer.status_code for answer in answers[n::2]} for n in (0, 1)]
        assert sorted(by_body, key=min) == [{202}, {422}]
        assert counts()["submissions"] == number + 1


def test_arrays_that_overlap_in_opposite_order_do_not_block_each_other(sender: Sender) -> None:
    ids = [str(n) for n in range(200)]
    bodies = [[lead(external_id=one) for one in order] for order in (ids, ids[::-1])] * 4
    execute, errors = psycopg.AsyncConnection.execute, []

    async def noting(*given: Any, **named: Any) -> Any:
        try:
            return await execute(*given, **named)
        except psycopg.Error as error:
            errors.append(error)
            raise

    with mock.patch.object(psycopg.AsyncConnection, "execute", noting):
        answers = sender.send(*bodies)
    assert not errors
    assert {answer.status_code for answer in answers} == {202}
    by_position = [
        {each["id"] for each in entries}
        for entries in zip(
            *(answer.json()["leads"][:: -1 if n % 2 else 1] for n, answer in enumerate(answers)),
            strict=True,
        )
    ]
    assert all(len(same) == 1 for same in by_position)
    assert counts()["submissions"] == counts()["waiting"] == 200


def test_rows_are_written_in_one_order_whatever_order_they_came_in(sender: Sender) -> None:
    execute, written = psycopg.AsyncConnection.execute, []

    async def noting(own: Any, query: str, values: Any = None, **named: Any) -> Any:
        if "capture_store" in query:
            written.append([row["external"] for row in json.loads(values[1])])
        return await execute(own, query, values, **named)

    with mock.patch.object(psycopg.AsyncConnection, "execute", noting):
        sender.one([lead(external_id=one) for one in "dbca"])
    assert written == [["a", "b", "c", "d"]]


DELIVERY = st.tuples(
    st.lists(
        st.tuples(st.sampled_from(["site", "fair"]), st.sampled_from("abcde")),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)


@FEW
@given(deliveries=st.lists(DELIVERY, min_size=1, max_size=5), data=st.data())
def test_any_order_and_threefold_delivery_end_in_the_same_state(
    sender: Sender, deliveries: list[Any], data: st.DataObject
) -> None:
    calls = [
        (
            [lead(source=source, external_id=one, name=f"{source}-{one}") for source, one in leads],
            {"idempotency_key": f"k{n}"} if is_keyed else {},
        )
        for n, (leads, is_keyed) in enumerate(deliveries)
    ]
    wanted = {
        (each["source"], each["external_id"], each["name"]) for body, _ in calls for each in body
    }
    order = data.draw(st.permutations(calls * 3))
    half = len(order) // 2
    with connection.cursor() as cursor:
        cursor.execute(
            "truncate capture_submission, capture_waiting, capture_consent, capture_receipt cascade"
        )
    answers = sender.send_each(order[:half]) + sender.send_each(order[half:])
    assert {answer.status_code for answer in answers} == {202}
    assert sorted((one.source, one.external_id, one.name) for one in stored()) == sorted(wanted)
    known = set(Submission.objects.values_list("pk", flat=True))
    given_out = {each["id"] for answer in answers for each in answer.json()["leads"]}
    assert given_out == {str(one) for one in known}
    assert set(Waiting.objects.values_list("pk", flat=True)) == known
    assert counts()["consents"] == len(known)


def test_a_page_sent_by_32_threads_with_one_nonce_is_stored_once() -> None:
    site()
    seen: list[Any] = []
    start = threading.Barrier(32)

    def send() -> None:
        start.wait()
        seen.extend(
            leads.receive(
                [LeadIn(source="site", phone="13812345678", external_id="nonce")],
                channel="form",
                actor=Actor("visitor"),
                evidence={},
                now=NOW,
            )
        )
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(32)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(seen) == 32
    assert set(seen) == {Submission.objects.get().pk}
