"""Requests to the outside cannot be turned inwards (S12), and end in time."""

import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from django.test import override_settings

from clew.base import outgoing
from clew.base.outgoing import (
    Answer,
    NoAnswer,
    TargetInside,
    TargetUnfit,
    Unreachable,
    is_public,
    post,
)
from clew.base.targets import read_targets
from clew_peers.robots import WECOM, Robots


@pytest.fixture
def canary() -> Iterator[Robots]:
    """A server inside, that should never be called."""
    with Robots() as robots:
        robots.add(WECOM, "inside")
        yield robots


INSIDE = [
    "127.0.0.1", "127.1", "127.255.255.254", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "017700000001",
    "0", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255",  # noqa: S104
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "localhost",
    "LOCALHOST", "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[fc00::1]", "[fd12:3456::1]", "[fe80::1]", "[ff02::1]",
    "[2001:db8::1]", "[100::1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]",
]  # fmt: skip
UNFIT = [
    "", "x", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)", "//example.com/",
    "https://", "https:///x", "http://", "https://user@127.0.0.1/", "https://user:secret@example.com/", "https://:p@example.com/",
    "https://example.com:0x50/", "https://example.com:99999/", "https://example.com:-1/", "https://exa mple.com/",
    "https://example.com/\r\nHost: inside", "https://example.com/\t", "https://example.com\\@127.0.0.1/ ",
    "https://[::1/", "https://[127.0.0.1]/", "https://\u2460\u2461\u2466.0.0.1/", "https://example.com/\x00",
    "https://127.0.0.1%2f@example.com /",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("form", ["http://{}:{}/x", "https://{}:{}/x"])
def test_no_way_of_writing_an_inside_address_reaches_it(
    canary: Robots, host: str, form: str
) -> None:
    with pytest.raises((TargetInside, TargetUnfit, Unreachable)):
        post(form.format(host, canary.port), b"{}", {})
    assert canary.connections == 0


@pytest.mark.parametrize("url", UNFIT)
def test_what_is_no_address_of_the_net_is_refused(url: str) -> None:
    with pytest.raises((TargetUnfit, TargetInside, Unreachable)):
        post(url, b"{}", {})


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What names resolve to, one answer after the other; the last one stays."""
    answers: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **given: Any) -> Any:
        if host not in answers:
            return real(host, port, *args, **given)
        now = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in now]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return answers


def test_a_name_of_an_inside_address_is_refused(
    canary: Robots, names: dict[str, list[list[str]]]
) -> None:
    names["inside.example"] = [["127.0.0.1"]]
    names["both.example"] = [["93.184.216.34", "127.0.0.1"]]
    for name in names:
        with pytest.raises(TargetInside):
            post(f"https://{name}:{canary.port}/", b"{}", {})
    assert canary.connections == 0


def test_a_name_that_points_inside_a_moment_later_is_called_where_it_was_checked(
    canary: Robots, names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["rebinding.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    called: list[Any] = []

    def connect(place: tuple[str, int], **_given: Any) -> Any:
        called.append(place)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unreachable):
        post("https://rebinding.example/", b"{}", {})
    assert called == [("93.184.216.34", 443)]
    assert canary.connections == 0


@pytest.mark.parametrize(
    "url", ["http://public.example/", "https://public.example:8443/", "http://public.example:443/"]
)
def test_outside_only_https_at_its_own_port_is_called(
    names: dict[str, list[list[str]]], url: str
) -> None:
    names["public.example"] = [["93.184.216.34"]]
    with pytest.raises(TargetUnfit):
        post(url, b"{}", {})


def test_what_the_operator_allows_is_reached_there_and_nowhere_else(canary: Robots) -> None:
    with override_settings(PRIVATE_TARGETS=read_targets(f"127.0.0.1:{canary.port}")):
        assert post(canary.address("inside"), b"{}", {}).status == 200
        with pytest.raises((TargetInside, TargetUnfit)):
            post(f"http://127.0.0.1:{canary.port + 1}/", b"{}", {})
        with pytest.raises((TargetInside, TargetUnfit)):
            post(f"http://127.0.0.2:{canary.port}/", b"{}", {})
    assert canary.connections == 1


def test_a_redirect_is_not_followed(canary: Robots) -> None:
    canary.robots["inside"].fault = "redirect"
    with override_settings(PRIVATE_TARGETS=read_targets("127.0.0.1")):
        assert post(canary.address("inside"), b"{}", {}).status == 302
    assert canary.connections == 1


@pytest.mark.parametrize("fault", ["deaf", "crawl", "reset"])
def test_whoever_never_answers_is_left_in_time_and_may_have_heard(
    canary: Robots, fault: str
) -> None:
    canary.robots["inside"].fault = fault
    ended = threading.Event()

    def call() -> None:
        with override_settings(PRIVATE_TARGETS=read_targets("127.0.0.1")), pytest.raises(NoAnswer):
            post(canary.address("inside"), b"{}", {}, seconds=0.3)
        ended.set()

    threading.Thread(target=call, daemon=True).start()
    assert ended.wait(10)


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with override_settings(PRIVATE_TARGETS=read_targets("127.0.0.1")), pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{port}/", b"{}", {})


def test_of_an_endless_answer_only_so_much_is_read(
    canary: Robots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "LONGEST", 5)
    with override_settings(PRIVATE_TARGETS=read_targets("127.0.0.1")):
        answer = post(canary.address("inside"), b"{}", {})
    assert isinstance(answer, Answer)
    assert len(answer.body) == 5


@pytest.mark.parametrize("text", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["x", "10.0.0.1:x", "10.0.0.1/99", "127.0.0.1:0", "127.0.0.1:70000", "10.0.0.1/8"]
)
def test_what_cannot_be_read_is_not_read_targets(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_targets(text)


def test_networks_and_ports_are_read() -> None:
    found = read_targets("127.0.0.1:9100, 10.20.0.0/16, [::1]:80,fd00::/8")
    assert [(str(network), port) for network, port in found] == [
        ("127.0.0.1/32", 9100),
        ("10.20.0.0/16", None),
        ("::1/128", 80),
        ("fd00::/8", None),
    ]


@pytest.mark.parametrize(
    "text",
    ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fc00::1", "169.254.169.254"],
)  # fmt: skip
def test_an_inside_address_is_none_of_the_net_whatever_it_is_wrapped_in(text: str) -> None:
    """At port 443, where nothing else refuses it."""
    assert not is_public(ip_address(text))
