"""POST /api/v1/leads, as another system meets it."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import httpx
import psycopg
import pytest
from django.db import connection

from clew.access.tokens import revoke
from clew.base.models import Refusal
from clew.capture import asgi, errors, intake
from clew.capture.decoding import decode
from clew.capture.link import Link
from clew.capture.models import Consent, Source, Submission, Waiting
from clew.capture.queries import open_body
from clew.errors import ClewError
from tests.capture.sender import NOW, PHONE, Sender, counts, lead, site, stored, token

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = {"submissions": 0, "waiting": 0, "consents": 0, "receipts": 0}


@pytest.fixture
def sender() -> Sender:
    site(cost_minor=3860)
    return Sender()


def test_one_lead_is_stored_sealed_with_its_basis_and_left_waiting(sender: Sender) -> None:
    answer = sender.one(lead(external_id="a-1", message="要 3 台"), user_agent="shop/1")
    assert answer.status_code == 202
    one = Submission.objects.get()
    assert answer.json() == {"id": str(one.pk), "status": "accepted"}
    body = open_body(one.pk, one.body)
    assert (body.lead.phone, body.lead.message) == (PHONE, "要 3 台")
    assert body.evidence == {"ip": "203.0.113.9", "user_agent": "shop/1"}
    assert (one.channel, one.external_id, one.cost_minor) == ("api", "a-1", 3860)
    assert (one.actor_kind, one.occurred_at) == ("token", one.received_at)
    assert Waiting.objects.get().submission_id == one.pk
    basis = Consent.objects.get()
    assert (basis.purpose, basis.text_version) == ("enquiry", "source:site")


def test_consents_are_kept_as_they_were_given(sender: Sender) -> None:
    given = [
        {"purpose": "enquiry", "text_version": "3", "given_at": "2026-11-20T10:00:00+08:00"},
        {
            "purpose": "share",
            "text_version": "1",
            "given_at": "2026-11-20T10:00:00Z",
            "recipient": "苏州门店",
        },
    ]
    assert sender.one(lead(consents=given)).status_code == 202
    kept = Consent.objects.order_by("position").values_list("purpose", "text_version", "recipient")
    assert list(kept) == [("enquiry", "3", ""), ("share", "1", "苏州门店")]


def test_a_thousand_leads_are_answered_in_their_order(sender: Sender) -> None:
    answer = sender.one([lead(external_id=str(n)) for n in range(1000)])
    assert answer.status_code == 202
    ids = [UUID(each["id"]) for each in answer.json()["leads"]]
    names = dict(Submission.objects.values_list("pk", "external_id"))
    assert [names[one] for one in ids] == [str(n) for n in range(1000)]


@pytest.mark.parametrize("number", [0, 1001])
def test_no_lead_or_more_than_a_thousand_are_refused(sender: Sender, number: int) -> None:
    answer = sender.one([lead()] * number)
    assert answer.status_code in {400, 422}
    assert counts() == NOTHING


def test_one_bad_lead_among_many_refuses_all_and_every_fault_is_named(sender: Sender) -> None:
    body = [
        lead(),
        lead(phone=5),
        lead(),
        {"source": "site"},
        lead(source="nowhere"),
        lead(colour="red"),
        lead(occurred_at="2999-01-01T00:00:00Z"),
    ]
    answer = sender.one(body, accept_language="en")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    faults = {(each["index"], each["field"], each["code"]) for each in answer.json()["errors"]}
    assert faults == {
        (1, "phone", "wrong_type"),
        (3, "", "unreachable"),
        (5, "colour", "unknown_field"),
        (6, "occurred_at", "impossible_date"),
    }
    assert counts() == NOTHING


BAD: dict[str, tuple[Any, int, str]] = {
    "nothing": (b"", 400, "body_empty"),
    "blanks": (b" \n", 400, "body_empty"),
    "no array entry": (b"[]", 400, "body_empty"),
    "broken JSON": (b'{"source": "site"', 400, "body_not_json"),
    "two documents": (b'{"source":"site","phone":"13812345678"} {}', 400, "body_not_json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, "body_not_json"),
    "UTF-16": ('{"source":"site"}'.encode("utf-16"), 400, "body_not_json"),
    "bytes that are not UTF-8": (b'{"source":"site","name":"\xff"}', 400, "body_not_json"),
    "a lone high surrogate": (b'{"source":"site","name":"\\ud800"}', 400, "body_not_json"),
    "a lone high surrogate inside": (b'{"source":"site","name":"a\\ud800b"}', 400, "body_not_json"),
    "a lone low surrogate": (b'{"source":"site","name":"\\udc00"}', 400, "body_not_json"),
    "not a number": (b'{"source":"site","extra":{"a":NaN}}', 400, "body_not_json"),
    "a bottomless array": (b"[" * 100_000, 400, "body_too_deep"),
    "a bottomless field": (
        b'{"source":"site","phone":"13812345678","extra":{"a":'
        + b"[" * 50_000
        + b"]" * 50_000
        + b"}}",
        400,
        "body_too_deep",
    ),
    "a deep field": (lead(extra={"a": json.loads("[" * 20 + "]" * 20)}), 422, "too_deep"),
    "a deep array of leads": (
        [lead(), lead(answers={"a": json.loads("[" * 17 + "]" * 17)})],
        422,
        "too_deep",
    ),
    "a very large lead": (lead(extra={"a": "x" * 262_144}), 422, "lead_too_large"),
    "a very large lead in an array": (
        [lead(), lead(extra={"a": "x" * 262_144})],
        422,
        "lead_too_large",
    ),
    "a number": (b"5", 422, "wrong_type"),
    "a wrong type": (lead(phone=13812345678), 422, "wrong_type"),
    "a list for an object": (lead(utm=[]), 422, "wrong_type"),
    "an endless number": (b'{"source":"site","extra":{"n":1e999}}', 422, "out_of_range"),
    "an unknown field": (lead(colour="red"), 422, "unknown_field"),
    "no source": ({"phone": PHONE}, 422, "missing_field"),
    "an unknown source": (lead(source="nowhere"), 422, "unknown_source"),
    "a sleeping source": (lead(source="asleep"), 422, "unknown_source"),
    "a day that is not": (lead(occurred_at="2026-02-30T10:00:00Z"), 422, "impossible_date"),
    "the year one": (lead(occurred_at="0001-01-01T00:00:00+14:00"), 422, "impossible_date"),
    "the far future": (lead(occurred_at="9999-12-31T23:59:59-14:00"), 422, "impossible_date"),
    "a time without offset": (lead(occurred_at="2026-11-20T10:00:00"), 422, "no_offset"),
    "NUL in the name": (lead(name="a\0b"), 422, "nul"),
    "NUL in the external id": (lead(external_id="\0"), 422, "nul"),
    "NUL deep within": (lead(extra={"a": [{"\0": 1}]}), 422, "nul"),
    "an empty external id": (lead(external_id=""), 422, "too_short"),
    "a very long name": (lead(name="x" * 121), 422, "too_long"),
    "nobody to reach": ({"source": "site", "name": "张三"}, 422, "unreachable"),
    "blanks for a number": (lead(phone="   "), 422, "unreachable"),
    "four digits": (lead(phone="1234"), 422, "unreachable"),
    "half an address": (lead(phone="", email="@example.com"), 422, "unreachable"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_clearly_and_nothing_is_stored(sender: Sender, name: str) -> None:
    site("asleep", is_active=False)
    body, status, code = BAD[name]
    answer = sender.one(body)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    codes = {problem["code"]} | {each["code"] for each in problem.get("errors", [])}
    assert code in codes, problem
    assert counts() == NOTHING


@pytest.mark.parametrize(
    "each", [{"phone": "１３８１２３４５６７８"}, {"wechat": "servo_1"}, {"email": "a@b.cn"}]
)
def test_any_one_way_of_reaching_the_person_suffices(sender: Sender, each: dict[str, str]) -> None:
    assert sender.one({"source": "site", **each}).status_code == 202


def test_text_that_only_looks_like_nul_is_kept(sender: Sender) -> None:
    assert sender.one(lead(message="\\u0000")).status_code == 202
    assert stored()[0].message == "\\u0000"


def test_brackets_and_escapes_within_text_are_only_text(sender: Sender) -> None:
    text = '[{"\\' * 30
    assert sender.one(lead(extra={"a": text, "b": [[["\\\\u0000"]]]})).status_code == 202
    assert stored()[0].extra["a"] == text


HEAVY = {
    "many empty objects": b"[" + b"{}," * 3_300_000 + b"{}]",
    "a wide lead": b'{"source":"site","phone":"13812345678","extra":{"a":['
    + b"[]," * 3_300_000
    + b"1]}}",
    "a wide lead in an array": b'[{"source":"site","phone":"13812345678","extra":{"a":['
    + b"[]," * 3_300_000
    + b"1]}}]",
    "many tags": b'[{"source":"site","phone":"13812345678","utm":{'
    + b",".join(b'"%d":"1"' % n for n in range(700_000))
    + b"}}]",
    "NUL everywhere": b"["
    + b",".join(
        b'{"source":"site","phone":"13812345678","name":"\\u0000","extra":{"a":['
        + b"1," * 4500
        + b"1]}}"
        for _ in range(1000)
    )
    + b"]",
    "a thousand leads of brackets": b"["
    + b",".join(
        b'{"source":"site","phone":"13812345678","extra":{"a":[' + b"[]," * 3000 + b"1]}}"
        for _ in range(1000)
    )
    + b"]",
}


@pytest.mark.parametrize("name", HEAVY)
def test_no_body_of_ten_megabytes_costs_much_more_than_reading_it(name: str) -> None:
    def refuse(body: bytes) -> None:
        with contextlib.suppress(ClewError):
            decode(body, latest=NOW)

    assert _cpu_seconds(refuse, HEAVY[name]) < 3 * _cpu_seconds(json.loads, HEAVY[name])


def _cpu_seconds(work: Callable[[bytes], object], body: bytes) -> float:
    """The better of two runs, so that what the machine does besides counts less."""
    seconds = []
    for _ in range(2):
        started = time.process_time()
        work(body)
        seconds.append(time.process_time() - started)
    return min(seconds)


def test_a_body_over_ten_megabytes_is_refused_however_it_comes(sender: Sender) -> None:
    big = b'{"source":"site","message":"' + b"x" * 10_000_001 + b'"}'
    assert sender.one(big).json()["code"] == "body_too_large"
    assert sender.one(b"{}", content_length="10000001").json()["code"] == "body_too_large"
    assert asyncio.run(_drip(sender, big)).json()["code"] == "body_too_large"


async def _drip(sender: Sender, body: bytes) -> httpx.Response:
    """Send in parts, without saying how long it will be."""

    async def parts() -> Any:
        for at in range(0, len(body), 1_000_000):
            yield body[at : at + 1_000_000]

    transport = httpx.ASGITransport(app=asgi.leads)
    headers = {"authorization": f"Bearer {sender.secret}", "content-type": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://clew.test") as client:
        answer = await client.post("/api/v1/leads", content=parts(), headers=headers)
    await asgi.close()
    return answer


def test_a_body_without_end_is_not_read_to_its_end() -> None:
    received: list[int] = []

    async def receive() -> dict[str, Any]:
        received.append(1)
        assert len(received) < 20, "it reads on"
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}

    with pytest.raises(errors.BodyTooLarge):
        asyncio.run(asgi._read({}, receive))


def test_a_body_that_does_not_come_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    monkeypatch.setattr(asgi, "BODY_SECONDS", 0.1)
    with pytest.raises(errors.BodyTooSlow):
        asyncio.run(asgi._read({}, receive))


def test_a_body_that_comes_in_parts_is_put_together(sender: Sender) -> None:
    body = json.dumps([lead(message="长" * 5000) for _ in range(300)]).encode()
    assert asyncio.run(_drip(sender, body)).status_code == 202
    assert counts()["submissions"] == 300


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"authorization": ""}, 401, "token_needed"),
        ({"authorization": "Bearer clew_forged"}, 401, "token_needed"),
        ({"authorization": "Basic YTpi"}, 401, "token_needed"),
        ({"content_type": "text/plain"}, 415, "content_type_wrong"),
        ({"content_type": "application/x-www-form-urlencoded"}, 415, "content_type_wrong"),
        ({"content_encoding": "gzip"}, 415, "content_encoding_wrong"),
        ({"idempotency_key": ""}, 400, "idempotency_key_malformed"),
        ({"idempotency_key": "x" * 201}, 400, "idempotency_key_malformed"),
    ],
)
def test_headers_that_cannot_be_used_are_refused(
    sender: Sender, headers: dict[str, str], status: int, code: str
) -> None:
    answer = sender.one(lead(), **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert counts() == NOTHING


def test_a_token_for_reading_cannot_send(sender: Sender) -> None:
    reader = Sender(token("leads:read")[1])
    assert reader.one(lead()).json()["code"] == "scope_missing"


def test_a_revoked_token_is_forgotten_within_five_seconds(sender: Sender) -> None:
    one, secret = token()
    now = [1000.0]

    async def tries() -> list[bool]:
        known = asgi.Known(Link(asgi.conninfo()), clock=lambda: now[0])
        digest = bytes(one.digest)
        first = await known.grant(digest)
        await asyncio.to_thread(_in_thread, revoke, one.pk, by=one.created_by, now=NOW)
        now[0] += 5.1
        second = await known.grant(digest)
        await known._link.close()
        return [bool(first), bool(second)]

    assert asyncio.run(tries()) == [True, False]
    assert Sender(secret).one(lead()).status_code == 401


def _in_thread(action: Any, *given: Any, **named: Any) -> None:
    action(*given, **named)
    connection.close()


def test_a_new_token_and_a_new_source_work_at_once(sender: Sender) -> None:
    async def story() -> list[int]:
        transport = httpx.ASGITransport(app=asgi.leads)
        async with httpx.AsyncClient(transport=transport, base_url="http://clew.test") as client:

            async def post(secret: str, source: str) -> int:
                headers = {"authorization": f"Bearer {secret}"}
                answer = await client.post(
                    "/api/v1/leads", json=lead(source=source), headers=headers
                )
                return answer.status_code

            before = await post(sender.secret, "fair")
            made: list[str] = []
            await asyncio.to_thread(_in_thread, lambda: made.append(token()[1]))
            await asyncio.to_thread(_in_thread, lambda: site("fair"))
            after = await post(made[0], "fair")
        await asgi.close()
        return [before, after]

    assert asyncio.run(story()) == [422, 202]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_what_neither_sends_nor_reads_is_refused(sender: Sender, method: str) -> None:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=asgi.leads)
        async with httpx.AsyncClient(transport=transport, base_url="http://clew.test") as client:
            answer = await client.request(method, "/api/v1/leads")
        await asgi.close()
        return answer

    answer = asyncio.run(call())
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_answers_carry_strict_headers_and_speak_the_senders_language(sender: Sender) -> None:
    for answer in sender.send(lead(), b""):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert sender.one(b"", accept_language="en-GB").json()["title"] == "This cannot be read"
    assert sender.one(b"", accept_language="zh-CN,en;q=0.5").json()["title"] == "看不懂发来的内容"
    assert sender.one(b"", accept_language="fr").json()["title"] == "看不懂发来的内容"


def test_the_same_key_and_body_get_the_same_bytes(sender: Sender) -> None:
    body = [lead(external_id="a"), lead(external_id="a"), lead()]
    sender.one(lead(external_id="a"))
    first = sender.one(body, idempotency_key="k")
    assert [each["status"] for each in first.json()["leads"]] == [
        "duplicate",
        "duplicate",
        "accepted",
    ]
    before = counts()
    assert sender.one(body, idempotency_key="k").content == first.content
    Source.objects.update(is_active=False)
    assert sender.one(body, idempotency_key="k").content == first.content
    assert counts() == before
    other = sender.one(lead(name="B"), idempotency_key="k")
    assert other.json()["code"] == "idempotency_key_reused"


def test_the_same_key_with_another_body_is_refused(sender: Sender) -> None:
    sender.one(lead(), idempotency_key="k")
    answer = sender.one(lead(name="B"), idempotency_key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert counts()["submissions"] == 1


def test_keys_of_different_tokens_do_not_meet(sender: Sender) -> None:
    sender.one(lead(), idempotency_key="k")
    assert Sender().one(lead(name="B"), idempotency_key="k").status_code == 202


def test_a_refused_request_does_not_use_up_its_key(sender: Sender) -> None:
    assert sender.one(lead(phone=""), idempotency_key="k").status_code == 422
    assert sender.one(lead(), idempotency_key="k").status_code == 202


def test_an_external_id_is_stored_once_for_each_source(sender: Sender) -> None:
    site("fair")
    first = sender.one(lead(external_id="a")).json()
    again = sender.one(lead(external_id="a", name="later")).json()
    other = sender.one(lead(external_id="a", source="fair")).json()
    assert again == {"id": first["id"], "status": "duplicate"}
    assert other["status"] == "accepted"
    assert counts() == {"submissions": 2, "waiting": 2, "consents": 2, "receipts": 0}


def test_the_same_lead_many_times_at_once_is_stored_once(sender: Sender) -> None:
    answers = sender.send(*[lead(external_id="a")] * 40)
    results = [answer.json() for answer in answers]
    assert len({each["id"] for each in results}) == 1
    assert sorted(each["status"] for each in results) == ["accepted"] + ["duplicate"] * 39
    assert counts()["submissions"] == counts()["consents"] == 1


def test_refusals_are_counted_without_personal_data_and_without_filling_the_disk(
    sender: Sender,
) -> None:
    sender.send_each([(lead(phone=""), {}) for _ in range(30)])
    sender.send_each([(lead(), {"authorization": "Bearer clew_x"}) for _ in range(20)])
    rows = {row.code: row for row in Refusal.objects.all()}
    assert {code: row.details["count"] for code, row in rows.items()} == {
        "leads_refused": 30,
        "token_needed": 20,
    }
    assert rows["leads_refused"].actor_kind == "token"
    assert rows["token_needed"].actor_kind == "visitor"
    assert all(row.door == "api" and set(row.details) == {"count"} for row in rows.values())


def test_one_poisonous_request_does_not_hurt_the_others_of_its_group(sender: Sender) -> None:
    good_rows = asgi.rows_of

    def poisoned(given: Any, *rest: Any) -> Any:
        submission, consents = good_rows(given, *rest)
        if given.name == "poison":
            submission.external = "\0"
        return submission, consents

    names = [f"n{n}" for n in range(20)] + ["poison"] + [f"m{n}" for n in range(20)]
    with mock.patch.object(asgi, "rows_of", poisoned):
        answers = sender.send(*(lead(name=name) for name in names))
    statuses = dict(zip(names, (answer.status_code for answer in answers), strict=True))
    assert statuses.pop("poison") == 422
    assert set(statuses.values()) == {202}
    assert {one.name for one in stored()} == set(statuses)


@contextlib.contextmanager
def no_database() -> Iterator[None]:
    async def refused(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("connection refused")

    with mock.patch.object(psycopg.AsyncConnection, "connect", refused):
        yield


def test_without_a_database_nothing_is_acknowledged(sender: Sender) -> None:
    with no_database():
        answers = sender.send(lead(), [lead(), lead()])
    for answer in answers:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["code"] == "unavailable"
    assert counts() == NOTHING


@pytest.mark.parametrize(
    "error",
    [psycopg.errors.DiskFull, psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.UndefinedTable],
)
def test_a_database_that_cannot_write_is_told_as_503(
    sender: Sender, error: type[psycopg.Error]
) -> None:
    async def full(*_: Any, **__: Any) -> Any:
        raise error("no space left")

    sender.one(lead())
    execute = psycopg.AsyncConnection.execute

    async def only_reads(own: Any, query: Any, *rest: Any, **named: Any) -> Any:
        return await (full() if "capture_store" in query else execute(own, query, *rest, **named))

    with mock.patch.object(psycopg.AsyncConnection, "execute", only_reads):
        answers = sender.send(*[lead()] * 5)
    assert {answer.status_code for answer in answers} == {503}
    assert counts()["submissions"] == 1


def test_a_reply_lost_after_the_commit_doubles_nothing(sender: Sender) -> None:
    execute = psycopg.AsyncConnection.execute
    lost: list[str] = []

    async def loses_one_reply(own: Any, query: Any, *rest: Any, **named: Any) -> Any:
        cursor = await execute(own, query, *rest, **named)
        if "capture_store" in query and not lost:
            lost.append(query)
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return cursor

    with mock.patch.object(psycopg.AsyncConnection, "execute", loses_one_reply):
        answers = sender.send_each(
            (lead(name=str(n)), {"idempotency_key": str(n)} if n % 2 else {}) for n in range(10)
        )
    assert lost
    assert [answer.json()["status"] for answer in answers] == ["accepted"] * 10
    assert {UUID(answer.json()["id"]) for answer in answers} == set(
        Submission.objects.values_list("pk", flat=True)
    )


def test_more_than_can_be_queued_is_sent_away_with_a_time(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WAITING_ROWS", 10)
    answers = sender.send(*[[lead()] * 5] * 8)
    statuses = [answer.status_code for answer in answers]
    assert sorted(set(statuses)) == [202, 503]
    assert answers[statuses.index(503)].json()["code"] == "busy"
    assert counts()["submissions"] == 5 * statuses.count(202)


def test_the_door_comes_back_after_the_database_did(sender: Sender) -> None:
    async def story() -> list[int]:
        transport = httpx.ASGITransport(app=asgi.leads)
        headers = {"authorization": f"Bearer {sender.secret}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://clew.test") as client:
            seen = []
            for breaks in (False, True, False):
                if breaks:
                    await asyncio.to_thread(_in_thread, _end_connections)
                answer = await client.post("/api/v1/leads", json=lead(), headers=headers)
                seen.append(answer.status_code)
        await asgi.close()
        return seen

    assert asyncio.run(story()) == [202, 202, 202]


def _end_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = 'clew intake'"
        )


def test_occurred_at_is_kept_and_a_clock_a_little_ahead_is_no_fault(sender: Sender) -> None:
    soon = datetime.now().astimezone() + timedelta(hours=1)
    assert sender.one(lead(occurred_at=soon.isoformat())).status_code == 202
    assert Submission.objects.get().occurred_at == soon
