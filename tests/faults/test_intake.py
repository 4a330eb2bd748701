"""Leads sent while the way to the database fails: the true ids, or 503 with a time; never a false 2xx (R12)."""

import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import httpx
import pytest

from clew.capture import asgi, link
from clew.capture.link import Link
from clew.capture.models import Submission
from tests.capture.sender import Sender, counts, lead, site
from tests.faults.proxy import Proxy
from tests.faults.ways import Lasting, ids_of, is_honest

pytestmark = pytest.mark.django_db(transaction=True)
REPLIES = int(os.environ.get("CLEW_LOST_REPLIES", "300"))
AT_ONCE = 5


def stores(statement: bytes) -> bool:
    return b"capture_store" in statement


@pytest.fixture
def sender(proxy: Proxy) -> Iterator[Lasting]:
    """Somebody whose leads take the way through the proxy; the door is open already."""
    site()
    with Lasting(Sender().secret) as made:
        with mock.patch.object(asgi, "conninfo", return_value=proxy.url):
            assert made.one(lead(name="first")).status_code == 202
        yield made


def stored() -> set[str]:
    return {str(pk) for pk in Submission.objects.values_list("pk", flat=True)}


def requests(number: int) -> list[tuple[Any, dict[str, str]]]:
    """One lead or three, half of them named by their sender, each request with a key of its own."""
    calls = []
    for n in range(number):
        named = {"external_id": f"e{n}"} if n % 2 else {}
        one = lead(name=f"n{n}", **named)
        calls.append((one if n % 3 else [one, lead(), lead()], {"idempotency_key": f"k{n}"}))
    return calls


def until_acknowledged(sender: Lasting, calls: list[Any]) -> tuple[list[httpx.Response], int]:
    """Send again what was not acknowledged, as senders do. Gives the answers and how many were none."""
    answers: dict[int, httpx.Response] = {}
    unknown = 0
    while waiting := [n for n in range(len(calls)) if n not in answers]:
        told = sender.send_each([calls[n] for n in waiting])
        assert all(map(is_honest, told))
        answers |= {n: a for n, a in zip(waiting, told, strict=True) if a.status_code == 202}
        unknown += sum(a.status_code == 503 for a in told)
    return [answers[n] for n in range(len(calls))], unknown


def test_a_reply_lost_after_the_commit_doubles_nothing_however_often(
    proxy: Proxy, sender: Lasting
) -> None:
    calls = requests(REPLIES)
    answers: list[httpx.Response] = []
    unknown = 0
    proxy.lose(stores, share=0.5)
    for start in range(0, REPLIES, AT_ONCE):
        told, count = until_acknowledged(sender, calls[start : start + AT_ONCE])
        answers += told
        unknown += count
    proxy.lose(None)
    again = [sender.send_each(calls[n : n + 50]) for n in range(0, REPLIES, 50)]
    assert [a.content for some in again for a in some] == [a.content for a in answers]
    given_out = [one for answer in answers for one in ids_of(answer)]
    assert len(given_out) == len(set(given_out)) == counts()["submissions"] - 1
    assert set(given_out) < stored()
    assert proxy.lost > REPLIES / AT_ONCE / 2
    assert unknown > 0


def test_one_lost_reply_is_found_out_without_a_key(proxy: Proxy, sender: Lasting) -> None:
    lost: list[bytes] = []

    def first(statement: bytes) -> bool:
        if stores(statement) and not lost:
            lost.append(statement)
            return True
        return False

    proxy.lose(first)
    answers = sender.send(*[lead()] * 5)
    assert proxy.lost == 1
    assert {answer.status_code for answer in answers} == {202}
    assert {one for answer in answers for one in ids_of(answer)} < stored()
    assert counts()["submissions"] == 6


def test_a_slow_and_uneven_way_changes_nothing(proxy: Proxy, sender: Lasting) -> None:
    proxy.latency, proxy.jitter = 0.01, 0.03
    answers, unknown = until_acknowledged(sender, requests(30))
    assert unknown == 0
    assert {one for answer in answers for one in ids_of(answer)} < stored()


@pytest.mark.parametrize("fault", ["reset", "half_close"])
def test_a_connection_that_breaks_costs_nobody_a_lead(
    proxy: Proxy, sender: Lasting, fault: str
) -> None:
    given_out: list[str] = []
    for n in range(20):
        getattr(proxy, fault)()
        answers, _ = until_acknowledged(
            sender, [(lead(), {"idempotency_key": f"{n}-{m}"}) for m in range(3)]
        )
        given_out += [one for answer in answers for one in ids_of(answer)]
    assert len(set(given_out)) == 60
    assert set(given_out) < stored()
    assert counts()["submissions"] == 61


def test_an_answer_that_breaks_off_at_any_byte_is_none(proxy: Proxy, sender: Lasting) -> None:
    for after in range(0, 120, 4):
        proxy.truncate(after)
        answers, _ = until_acknowledged(sender, [(lead(), {"idempotency_key": f"k{after}"})])
        assert set(ids_of(answers[0])) < stored()
    assert counts()["submissions"] == 31


def attempts() -> Any:
    """Count what is asked of the database."""
    return mock.patch.object(Link, "_attempt", autospec=True, side_effect=Link._attempt)


def test_when_the_database_vanishes_everybody_is_told_so_after_one_wait(
    proxy: Proxy, sender: Lasting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "ANSWER_SECONDS", 0.3)
    strangers = [(lead(), {"authorization": f"Bearer clew_{n}"}) for n in range(20)]
    proxy.swallow()
    with attempts() as attempted:
        answers = sender.send_each([(lead(), {})] * 20 + strangers)
    assert {answer.status_code for answer in answers} == {503}
    assert all(map(is_honest, answers))
    assert attempted.call_count <= 10
    proxy.swallow(is_on=False)
    assert sender.one(lead()).status_code == 202
    assert counts()["submissions"] >= 2
