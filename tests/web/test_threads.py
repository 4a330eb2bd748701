"""Django under ASGI: what goes in and comes out is what HTTP says."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from clew.web import assets, threads
from clew.web.asgi import application
from clew.web.threads import Threads, environ

Start = Callable[[str, list[tuple[str, str]]], None]


def scope(method: str = "GET", path: str = "/", **more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [],
        "client": ("10.0.0.1", 1234),
        **more,
    }


def ask(
    app: Any, request: dict[str, Any], *parts: bytes
) -> tuple[int, dict[str, list[str]], bytes]:
    """Run one request; its body comes in `parts`."""
    sent: list[dict[str, Any]] = []
    queue = [
        {"type": "http.request", "body": part, "more_body": n + 1 < len(parts)}
        for n, part in enumerate(parts or (b"",))
    ]

    async def receive() -> dict[str, Any]:
        return queue.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(request, receive, send))
    headers: dict[str, list[str]] = {}
    for name, value in sent[0]["headers"]:
        headers.setdefault(name.decode(), []).append(value.decode())
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])


def echo(env: dict[str, Any], start: Start) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [env["REQUEST_METHOD"].encode(), b" ", env["wsgi.input"].read()]


def test_a_body_in_parts_arrives_whole_and_cookies_stay_apart() -> None:
    status, headers, body = ask(Threads(echo, threads=1), scope("POST"), b"one ", b"two")
    assert (status, body) == (200, b"POST one two")
    assert headers["set-cookie"] == ["a=1", "b=2"]
    assert headers["content-length"] == [str(len(body))]


def test_head_tells_the_length_and_sends_nothing() -> None:
    _, headers, body = ask(Threads(echo, threads=1), scope("HEAD"))
    assert (headers["content-length"], body) == (["5"], b"")


def test_an_empty_answer_has_no_length() -> None:
    def empty(env: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("204 No Content", [])
        return []

    _, headers, body = ask(Threads(empty, threads=1), scope())
    assert ("content-length" not in headers, body) == (True, b"")


def test_the_answer_is_closed_even_if_it_breaks() -> None:
    closed = threading.Event()

    class Breaking:
        def __iter__(self) -> Any:
            raise ZeroDivisionError

        def close(self) -> None:
            closed.set()

    with pytest.raises(ZeroDivisionError):
        ask(Threads(lambda _env, _start: Breaking(), threads=1), scope())  # type: ignore[arg-type,return-value]
    assert closed.is_set()


class Stream:
    """An answer made part by part, as Django's StreamingHttpResponse is."""

    streaming = True

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts
        self.given = 0
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            self.given += 1
            yield part

    def close(self) -> None:
        self.is_closed = True


def streamed(
    answer: Stream, method: str = "GET", gone_after: int | None = None
) -> list[dict[str, Any]]:
    """What is sent of a stream to a reader who leaves after some parts, or never."""
    sent: list[dict[str, Any]] = []
    gone = asyncio.Event()
    asked = iter([{"type": "http.request", "body": b""}])

    def app(env: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "6")])
        return answer

    async def receive() -> dict[str, Any]:
        for message in asked:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if len(sent) - 1 == gone_after:
            gone.set()
            await asyncio.sleep(0)

    asyncio.run(Threads(app, threads=1)(scope(method), receive, send))
    return sent


def test_a_stream_is_sent_part_by_part_and_closed() -> None:
    answer = Stream(b"one", b"two")
    start, *bodies = streamed(answer)
    assert [(m["body"], m.get("more_body", False)) for m in bodies] == [
        (b"one", True),
        (b"two", True),
        (b"", False),
    ]
    assert (b"content-length", b"6") in start["headers"]
    assert answer.is_closed


def test_a_stream_ends_when_its_reader_has_gone() -> None:
    answer = Stream(*[b"part"] * 100)
    streamed(answer, gone_after=3)
    assert answer.given < 10
    assert answer.is_closed


def test_a_stream_is_not_begun_for_its_headers_alone() -> None:
    answer = Stream(b"one")
    assert b"".join(m.get("body", b"") for m in streamed(answer, "HEAD")[1:]) == b""
    assert (answer.given, answer.is_closed) == (0, True)


def test_slow_requests_do_not_wait_for_each_other() -> None:
    def slow(env: dict[str, Any], start: Start) -> Iterable[bytes]:
        time.sleep(0.2)
        start("200 OK", [])
        return [b""]

    app = Threads(slow, threads=8)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(_: dict[str, Any]) -> None:
        return

    async def many() -> float:
        begun = time.perf_counter()
        await asyncio.gather(*(app(scope(), receive, send) for _ in range(8)))
        return time.perf_counter() - begun

    assert asyncio.run(many()) < 1.0


def test_what_is_announced_too_large_is_refused_unread() -> None:
    headers = [(b"content-length", b"10485761"), (b"accept-language", b"en")]
    status, answer, body = ask(application, scope("POST", "/sign-in", headers=headers))
    assert status == 413
    assert b"Send less than 10 MB" in body
    assert "content-security-policy" in answer


def test_what_turns_out_too_large_is_refused_too() -> None:
    parts = [b"x" * 1_000_000] * 11
    assert ask(application, scope("POST", "/sign-in"), *parts)[0] == 413


def test_a_body_that_broke_off_is_not_taken_for_a_whole_one() -> None:
    sent: list[Any] = []
    messages = [
        {"type": "http.request", "body": b"reach=138", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application(scope("POST", "/sign-in"), receive, send))
    assert sent[0]["status"] == 408


def test_a_body_that_comes_too_slowly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "BODY_SECONDS", 0.05)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application(scope("POST", "/sign-in"), receive, send))
    assert sent[0]["status"] == 408


def test_a_header_with_an_underscore_is_not_taken_for_one_with_a_hyphen() -> None:
    headers = [(b"x_forwarded_for", b"1.2.3.4"), (b"x-forwarded-for", b"5.6.7.8")]
    assert environ(scope(headers=headers), b"")["HTTP_X_FORWARDED_FOR"] == "5.6.7.8"


def test_cookies_sent_in_several_headers_are_one_list() -> None:
    headers = [(b"cookie", b"a=1"), (b"cookie", b"b=2")]
    assert environ(scope(headers=headers), b"")["HTTP_COOKIE"] == "a=1; b=2"


def test_a_path_in_chinese_arrives_as_its_bytes() -> None:
    env = environ(scope(path="/来源"), b"")
    assert env["PATH_INFO"].encode("latin-1").decode() == "/来源"


def test_the_caller_cannot_choose_the_address_that_is_noted(settings: Any) -> None:
    forged = scope(path="/healthz", headers=[(b"x-forwarded-for", b"1.2.3.4")])
    ask(application, forged)
    assert forged["client"][0] == "10.0.0.1"
    settings.PROXY_COUNT = 1
    behind = scope(path="/healthz", headers=[(b"x-forwarded-for", b"1.2.3.4, 5.6.7.8")])
    ask(application, behind)
    assert behind["client"][0] == "5.6.7.8"


def test_a_static_file_is_kept_for_a_year_and_sent_zipped() -> None:
    path = assets.Storage().url("clew/clew.css")
    status, headers, body = ask(
        application, scope(path=path, headers=[(b"accept-encoding", b"gzip, br")])
    )
    assert (status, headers["content-encoding"]) == (200, ["gzip"])
    assert "immutable" in headers["cache-control"][0]
    assert "content-security-policy" in headers
    assert len(body) < len(assets.files()["clew/clew.css"])


def test_an_old_address_of_a_static_file_is_asked_for_anew() -> None:
    status, headers, _ = ask(application, scope(path="/static/000000000000/clew/clew.css"))
    assert (status, headers["cache-control"]) == (200, ["no-cache"])


@pytest.mark.parametrize(
    "path", ["/static/", "/static/x/../settings.py", "/static/x/clew/../../settings.py"]
)
def test_static_files_are_only_those_that_were_read_at_the_start(path: str) -> None:
    status, headers, _ = ask(application, scope(path=path))
    assert status == 404
    assert headers["x-content-type-options"] == ["nosniff"]


def test_a_living_process_says_so() -> None:
    assert ask(application, scope(path="/healthz"))[2] == b'{"status": "alive"}'
