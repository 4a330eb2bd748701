"""Signing in: the throttle, what a stranger can learn, and the way back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from clew.access import actions, throttle
from clew.access.models import Attempt, Member, Organisation
from clew.access.passwords import Argon2
from tests.access.make import NOW, PASSWORD, TEST, member

pytestmark = pytest.mark.django_db


def send(client: Client, login: str, password: str, **more: str) -> int:
    """Try to sign in: 302 is in, 200 is the form again."""
    data = {"login": login, "password": password}
    return client.post("/sign-in", data, **more).status_code  # type: ignore[arg-type]


def test_username_or_email_and_password_open_the_door(client: Client) -> None:
    anna = member("anna")
    Member.objects.filter(pk=anna.pk).update(email="anna@example.com")
    assert send(client, "ANNA", PASSWORD) == 302
    assert send(Client(), "anna@example.com", PASSWORD) == 302


def test_the_way_back_leads_only_into_our_own_house(client: Client) -> None:
    member("anna")
    data = {"login": "anna", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/sign-in", data)["Location"] == "/"


def test_unknown_names_wrong_passwords_and_closed_accounts_get_the_same_answer() -> None:
    member("anna")
    gone = member("gone")
    actions.deactivate(gone, actor=TEST, now=NOW)
    pages = []
    for login, password in (("anna", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD)):
        page = Client().post("/sign-in", {"login": login, "password": password})
        text = page.content.decode().replace(login, "")
        pages.append([line for line in text.splitlines() if "csrf" not in line])
        assert page.status_code == 200
    assert pages[0] == pages[1] == pages[2]


def test_the_eleventh_guess_in_five_minutes_is_not_looked_at(client: Client) -> None:
    member("anna")
    for _ in range(throttle.PER_ACCOUNT):
        send(client, "anna", "wrong")
    assert send(client, "anna", PASSWORD) == 200
    assert (
        b"five minutes"
        in Client(headers={"accept-language": "en"})
        .post("/sign-in", {"login": "anna", "password": PASSWORD})
        .content
    )


def test_guesses_from_many_addresses_count_together() -> None:
    member("anna")
    for n in range(throttle.PER_ACCOUNT):
        send(Client(), "anna", "wrong", REMOTE_ADDR=f"10.0.0.{n}")
    assert send(Client(), "anna", PASSWORD, REMOTE_ADDR="10.0.1.1") == 200


def test_one_address_cannot_try_many_accounts(client: Client) -> None:
    for n in range(throttle.PER_ADDRESS):
        send(client, f"nobody{n}", "wrong")
    member("anna")
    assert send(client, "anna", PASSWORD) == 200
    assert send(client, "anna", PASSWORD, REMOTE_ADDR="10.0.0.9") == 302


def test_the_owner_still_gets_in_on_a_known_device_while_others_guess() -> None:
    member("anna")
    known = Client()
    assert send(known, "anna", PASSWORD) == 302
    known.post("/sign-out")
    for n in range(throttle.PER_ACCOUNT + 5):
        send(Client(), "anna", "wrong", REMOTE_ADDR=f"10.0.0.{n}")
    assert send(known, "anna", PASSWORD) == 302


def test_a_known_device_of_one_member_opens_no_way_to_another() -> None:
    member("anna")
    member("ben")
    known = Client()
    send(known, "ben", PASSWORD)
    known.post("/sign-out")
    for _ in range(throttle.PER_ACCOUNT):
        send(known, "anna", "wrong")
    assert send(known, "anna", PASSWORD) == 200


def test_success_takes_nothing_from_the_count(client: Client) -> None:
    member("anna")
    for _ in range(throttle.PER_ACCOUNT + 2):
        assert send(Client(), "anna", PASSWORD) == 302
    assert Attempt.objects.count() == 0


def test_the_count_forgets_after_five_minutes() -> None:
    found = throttle.buckets("anna", "", "10.0.0.1")
    for _ in range(throttle.PER_ACCOUNT):
        assert throttle.take(found, NOW)
    assert throttle.take(found, NOW + timedelta(minutes=4)) is None
    assert throttle.take(found, NOW + timedelta(minutes=6))


def test_the_count_keeps_no_address_and_no_name() -> None:
    throttle.take(throttle.buckets("anna", "", "10.0.0.1"), NOW)
    kept = [bytes(bucket) for bucket in Attempt.objects.values_list("bucket", flat=True)]
    assert all(len(bucket) == 16 and b"anna" not in bucket for bucket in kept)


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_guesses_is_counted_whole() -> None:
    found = throttle.buckets("anna", "", "10.0.0.1")

    def guess(_: int) -> bool:
        try:
            return throttle.take(found, NOW) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        let_in = sum(pool.map(guess, range(40)))
    assert let_in <= throttle.PER_ACCOUNT


@pytest.fixture
def demo() -> Iterator[None]:
    anna = member("anna")
    accounts = [
        {
            "username": "anna",
            "password": PASSWORD,
            "says": {"en": "calls today", "zh-hans": "今天打"},
        }
    ]
    Organisation.objects.filter(pk=anna.organisation_id).update(demo_accounts=accounts)
    return


def test_accounts_are_shown_only_while_a_demo_is_loaded(client: Client) -> None:
    assert PASSWORD not in client.get("/sign-in").content.decode()


@pytest.mark.usefixtures("demo")
def test_a_loaded_demo_shows_its_accounts(client: Client) -> None:
    page = client.get("/sign-in", headers={"accept-language": "en"}).content.decode()
    assert PASSWORD in page
    assert "calls today" in page
    assert "今天打" in client.get("/sign-in").content.decode()


def test_signing_out_needs_a_post(client: Client) -> None:
    member("anna")
    send(client, "anna", PASSWORD)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 302
    assert client.get("/me").status_code == 302


@pytest.mark.parametrize("login", ["anna", "nobody", "nobody@example.com"])
def test_known_and_unknown_names_take_the_same_work(
    login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member("anna")
    work: list[str] = []
    encode, verify = Argon2.encode, Argon2.verify

    def encoding(self: Argon2, password: str, salt: str) -> str:
        work.append("once")
        return encode(self, password, salt)

    def verifying(self: Argon2, password: str, encoded: str) -> bool:
        work.append("once")
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2, "encode", encoding)
    monkeypatch.setattr(Argon2, "verify", verifying)
    send(Client(), login, "wrong")
    assert work == ["once"]
