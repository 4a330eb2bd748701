"""Results given without network: taken in once, at their time, and nothing that no longer fits is lost."""

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from clew.access.models import Member
from clew.base.sealing import SealBroken, letter_key, open_letter
from clew.errors import Missing
from clew.handoff.actions.leads import assign, to_pool
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead, log_call, plan
from clew.pipeline.models import Call, Clock, FirstContact, Task
from clew.pipeline.queries import note
from clew.pipeline.queue.actions import dismiss, drop_strays, forget, take_in
from clew.pipeline.queue.late import Result, moment, place, read
from clew.pipeline.queue.models import Stray
from clew.pipeline.queue.queries import strays
from tests.company import HOT, TESTER, enquire
from tests.pipeline.desk import NOON, Desk, call, desk
from tests.pipeline.queue.letters import letter

HOUR = timedelta(hours=1)
BACK = NOON + 26 * HOUR  # the network is back a day later


@pytest.fixture
def at() -> Desk:
    return desk()


def given_on_the_way(lead: UUID, **more: Any) -> Result:
    fields = {"result": "answered", "next": "tomorrow", "note": "要先寄样机"} | more
    return Result(call_id=uuid4(), lead=lead, at=0, **fields)


def comes_in(one: Result, who: Member, *, at: datetime = NOON, now: datetime = BACK) -> str:
    return take_in(one, at=at, member=who, now=now)


# ---- letters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [b"", b"words", "词".encode() * 3000])
def test_a_letter_opens_for_its_place_alone(value: bytes) -> None:
    sealed = letter(value, b"result:1")
    assert open_letter(sealed, b"result:1") == value
    with pytest.raises(SealBroken):
        open_letter(sealed, b"result:11")


@given(st.binary(max_size=200))
def test_what_is_no_letter_is_refused(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        open_letter(sealed, b"result:1")


def test_a_changed_letter_does_not_open() -> None:
    sealed = bytearray(letter(b"words", b"p"))
    for at in (0, 10, 66, 80, len(sealed) - 1):
        changed = bytes([*sealed[:at], sealed[at] ^ 1, *sealed[at + 1 :]])
        with pytest.raises(SealBroken):
            open_letter(changed, b"p")


def test_a_letter_to_an_earlier_secret_still_opens() -> None:
    from clew.base import sealing  # noqa: PLC0415

    sealed, before = letter(b"words", b"p"), letter_key()
    new, old = "n" * 40, sealing._secrets()[0]
    sealing._letter_keys.cache_clear()
    try:
        with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[old]):
            assert letter_key() != before
            assert open_letter(sealed, b"p") == b"words"
        sealing._letter_keys.cache_clear()
        with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[]), pytest.raises(SealBroken):
            open_letter(sealed, b"p")
    finally:
        sealing._letter_keys.cache_clear()


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_the_moment_is_never_ahead_and_never_older_than_a_month(at: int, sent: int) -> None:
    one = Result(call_id=uuid4(), lead=uuid4(), at=at)
    assert NOON - timedelta(days=30) <= moment(one, sent=sent, now=NOON) <= NOON


def test_a_wrong_clock_of_the_device_does_not_matter() -> None:
    one = Result(call_id=uuid4(), lead=uuid4(), at=1_000_000)
    assert moment(one, sent=1_000_000 + 90_000, now=NOON) == NOON - timedelta(seconds=90)


# ---- what they do ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_late_result_is_logged_at_its_time_and_stops_the_clock_then(at: Desk) -> None:
    one = given_on_the_way(at.lead_id)
    assert comes_in(one, at.holder) == ""
    stored = Call.objects.get()
    assert (stored.pk, stored.at, note(stored)) == (one.call_id, NOON, "要先寄样机")
    assert Clock.objects.get().stopped_at == NOON
    assert FirstContact.objects.get().tried_at == NOON
    tomorrow = NOON.replace(hour=10) + timedelta(days=1)
    assert Task.objects.get(done_at=None).due_at == tomorrow  # said yesterday: it is due by now
    assert not Stray.objects.exists()


@pytest.mark.django_db
def test_the_same_result_twice_is_one(at: Desk) -> None:
    one = given_on_the_way(at.lead_id)
    assert comes_in(one, at.holder) == comes_in(one, at.holder) == ""
    assert Call.objects.count() == Task.objects.count() == 1


@pytest.mark.django_db
def test_what_was_done_since_then_stands(at: Desk) -> None:
    later = call(Call.Result.ANSWERED, next_at=NOON + 72 * HOUR)
    log_call(at.lead_id, later, member=at.holder, now=NOON + HOUR)
    assert comes_in(given_on_the_way(at.lead_id, next="never"), at.holder) == ""
    assert Call.objects.count() == 2
    assert Task.objects.get(done_at=None).due_at == NOON + 72 * HOUR
    assert comes_in(given_on_the_way(at.lead_id, result="bad_number"), at.holder) == ""
    assert Task.objects.filter(done_at=None).count() == 1
    assert FirstContact.objects.get().answered_at == NOON + HOUR


@pytest.mark.django_db
def test_a_late_word_does_not_end_a_lead_that_changed_hands_and_came_back_since(at: Desk) -> None:
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    mine = next(seat for seat in at.company.seats if seat.member == at.holder)
    for seat in (other, mine):
        assign(at.lead_id, seat_id=seat.pk, actor=TESTER, now=NOON + HOUR, reason="by_hand")
    assert comes_in(given_on_the_way(at.lead_id, next="never"), at.holder) == ""
    assert Placement.objects.get(lead=at.lead_id, closed_at=None).kind == "person"


@pytest.mark.django_db
def test_a_late_word_does_not_end_a_lead_whose_person_wrote_again_since(at: Desk) -> None:
    log_call(at.lead_id, call(next_at=NOON + 9 * HOUR), member=at.holder, now=NOON)
    enquire(at.company.site, NOON + 2 * HOUR, phone="13812345678", **HOT)
    late = given_on_the_way(at.lead_id, next="never")
    assert comes_in(late, at.holder, at=NOON + HOUR) == ""
    assert Placement.objects.get(lead=at.lead_id, closed_at=None).kind == "person"
    assert Clock.objects.filter(kind="next", stopped_at=None).exists()


@pytest.mark.django_db
def test_a_plan_made_since_then_stands(at: Desk) -> None:
    plan(at.lead_id, NOON + 72 * HOUR, member=at.holder, now=NOON + HOUR)
    assert comes_in(given_on_the_way(at.lead_id), at.holder) == ""
    assert Task.objects.get(done_at=None).due_at == NOON + 72 * HOUR


@pytest.mark.django_db
def test_a_lead_given_to_somebody_else_keeps_its_words_for_who_wrote_them(at: Desk) -> None:
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=NOON + HOUR, reason="by_hand")
    one = given_on_the_way(at.lead_id, said="thinking")
    assert comes_in(one, at.holder) == comes_in(one, at.holder) == "lead_missing"
    assert not Call.objects.exists()
    (told,) = strays(at.holder)
    assert (told.note, told.at, told.title, told.code) == ("要先寄样机", NOON, "", "lead_missing")
    assert not strays(other.member)
    assert "要先寄样机".encode() not in bytes(Stray.objects.get().body)


@pytest.mark.django_db
def test_what_was_refused_once_stays_refused_though_the_lead_comes_back(at: Desk) -> None:
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    mine = next(seat for seat in at.company.seats if seat.member == at.holder)
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=NOON + HOUR, reason="by_hand")
    one = given_on_the_way(at.lead_id)
    assert comes_in(one, at.holder) == "lead_missing"
    assign(at.lead_id, seat_id=mine.pk, actor=TESTER, now=BACK, reason="by_hand")
    assert comes_in(one, at.holder, now=BACK + HOUR) == "lead_missing"
    assert not Call.objects.exists()


@pytest.mark.django_db
def test_a_closed_and_a_pooled_lead_are_told_with_their_name(at: Desk) -> None:
    close_lead(at.lead_id, reason="lost_need", member=at.holder, now=NOON + HOUR)
    assert comes_in(given_on_the_way(at.lead_id), at.company.manager) == "lead_not_claimed"
    (told,) = strays(at.company.manager)
    assert told.title == "周建国"


@pytest.mark.django_db
def test_a_lead_back_in_the_pool_is_told(at: Desk) -> None:
    team = at.company.online.pk
    to_pool(at.lead_id, team_id=team, actor=TESTER, now=NOON + HOUR, reason="no_time")
    assert comes_in(given_on_the_way(at.lead_id), at.holder) == "lead_not_claimed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"result": "sang"}, "result_unreadable"),
        ({"next": "date", "date": ""}, "next_time_missing"),
        ({"next": "date", "date": "2020-01-01T10:00"}, "next_time_passed"),
        ({"next": "date", "date": "soon"}, "result_unreadable"),
    ],
)
def test_what_cannot_be_read_keeps_its_words(at: Desk, more: dict[str, str], code: str) -> None:
    assert comes_in(given_on_the_way(at.lead_id, **more), at.holder) == code
    assert strays(at.holder)[0].note == "要先寄样机"


@pytest.mark.django_db
def test_a_stray_goes_when_its_member_has_read_it_or_its_lead_is_undone(at: Desk) -> None:
    for _ in range(3):
        comes_in(given_on_the_way(at.lead_id, result="?"), at.holder)
    first = strays(at.holder)[0].call_id
    with pytest.raises(Missing):
        dismiss(first, member=at.company.manager)
    dismiss(first, member=at.holder)
    with pytest.raises(Missing):
        dismiss(first, member=at.holder)
    assert len(strays(at.holder)) == 2
    assert drop_strays(BACK, 1) == 0
    assert drop_strays(BACK + HOUR, 1) == 1
    forget([at.lead_id])
    assert not Stray.objects.exists()


# ---- the door --------------------------------------------------------------------------------------


def send(client: Client, *letters: bytes, now: str = "5000") -> Any:
    sent = {"now": now, "letter": [b64encode(one).decode() for one in letters]}
    return client.post("/my-day/results", sent)


@pytest.mark.django_db
def test_the_door_takes_letters_of_its_member_and_says_which(at: Desk, client: Client) -> None:
    client.force_login(at.holder)
    value = {
        "call_id": str(uuid4()), "lead": str(at.lead_id), "at": 1000, "result": "no_answer",
        "next": "hour",
    }  # fmt: skip
    good = letter(value, place(at.holder))
    theirs = letter({**value, "call_id": str(uuid4())}, place(at.company.manager))
    answer = send(client, good, b"rubbish", theirs, good)
    assert answer.json() == {"done": [0, 3], "unread": [1, 2]}
    assert Call.objects.count() == 1
    assert read(theirs, at.holder) is None
    assert client.post("/my-day/results", {"now": "x"}).status_code == 400
    assert client.post("/my-day/results", {"now": "1", "letter": "%%"}).json()["unread"] == [0]


@pytest.mark.django_db
def test_my_day_tells_what_was_not_logged_and_lets_it_go(at: Desk, client: Client) -> None:
    client.force_login(at.holder)
    comes_in(given_on_the_way(at.lead_id, result="?", note="<b>样机</b>"), at.holder)
    page = client.get("/my-day", headers={"accept-language": "zh-CN"}).content.decode()
    assert "没网时记的，没记上" in page
    assert "&lt;b&gt;样机&lt;/b&gt;" in page
    client.post(f"/my-day/strays/{Stray.objects.get().pk}/dismiss")
    assert not Stray.objects.exists()
