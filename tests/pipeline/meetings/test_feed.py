"""The calendar feed: what stands in it, and whose it is."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clew.access.models import Member
from clew.contacts.models import Contact
from clew.handoff.actions.leads import assign
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.meetings import ics
from clew.pipeline.meetings.actions import answering, feeds, inviting
from clew.pipeline.meetings.actions.inviting import Plan
from clew.pipeline.meetings.links import feed_token, token_of
from clew.pipeline.meetings.models import Feed, Meeting
from tests.company import MONDAY_NOON, TESTER
from tests.pipeline.desk import NOON, Desk, desk
from tests.pipeline.meetings.test_inviting import DAY, HOUR, TIMES, invited

pytestmark = pytest.mark.django_db
AT = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> object:
    with time_machine.travel(MONDAY_NOON, tick=False) as traveller:
        yield traveller


def event(**changes: object) -> ics.Event:
    given = {
        "uid": UUID(int=7),
        "sequence": 2,
        "changed_at": AT - timedelta(days=1),
        "from_at": AT,
        "until_at": AT + timedelta(minutes=30),
        "summary": "视频: 周建国",
        "place": "苏州",
        "url": "https://clew.example/meetings/7",
        "is_off": False,
    }
    return ics.Event(**given | changes)  # type: ignore[arg-type]


def read(body: bytes) -> list[tuple[str, str]]:
    """Unfold and split as RFC 5545, 3.1 says, written apart from the code."""
    assert body.endswith(b"\r\n")
    unfolded = body.replace(b"\r\n ", b"").decode()
    assert "\n" not in unfolded.replace("\r\n", "")
    return [tuple(line.split(":", 1)) for line in unfolded.split("\r\n") if line]  # type: ignore[misc]


def test_a_calendar_says_what_rfc_5545_wants_of_it() -> None:
    found = read(ics.calendar("Lin", "clew.example", [event()]))
    names = [name for name, _ in found]
    assert found[0] == ("BEGIN", "VCALENDAR")
    assert found[-1] == ("END", "VCALENDAR")
    assert names.count("BEGIN") == names.count("END") == 2
    said = dict(found)
    assert said["VERSION"] == "2.0"
    assert said["UID"] == "00000000-0000-0000-0000-000000000007@clew.example"
    assert said["DTSTART"] == "20261201T060000Z"
    assert said["DTEND"] == "20261201T063000Z"
    assert said["DTSTAMP"] == "20261130T060000Z"
    assert (said["SEQUENCE"], said["STATUS"]) == ("2", "CONFIRMED")


def test_lines_are_folded_at_75_octets_and_no_character_is_cut() -> None:
    long = "苏州市吴中区东方大道八十八号，启衡工控展厅，二楼东侧；" * 8
    body = ics.calendar("Lin", "clew.example", [event(place=long)])
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert dict(read(body))["LOCATION"] == long


def test_what_would_end_a_value_is_escaped() -> None:
    nasty = "a;b,c\\d\nBEGIN:VEVENT\r\nX:1\x00"
    found = read(ics.calendar("x", "h", [event(summary=nasty)]))
    assert dict(found)["SUMMARY"] == "a\\;b\\,c\\\\d\\nBEGIN:VEVENT\\nX:1"
    assert [name for name, _ in found].count("BEGIN") == 2


def fetch(token: str) -> dict[str, list[str]]:
    answer = Client().get(reverse("meetings:feed", args=[token]))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    found: dict[str, list[str]] = {}
    for name, value in read(answer.content):
        found.setdefault(name, []).append(value)
    return found


def settled(at: Desk) -> tuple[Meeting, str]:
    meeting = answering.choose(token_of(invited(at)), TIMES[0], now=NOON)
    return meeting, feed_token(feeds.make_feed(member=at.holder, now=NOON))


def test_a_member_reads_own_meetings_without_signing_in_and_no_number() -> None:
    at = desk()
    meeting = invited(at, place="联系 13812345678，三楼")
    answering.choose(token_of(meeting), TIMES[0], now=NOON)
    Contact.objects.update(name="老周 13900001111")
    found = fetch(feed_token(feeds.make_feed(member=at.holder, now=NOON)))
    assert found["DTSTART"] == [TIMES[0].astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")]
    assert not re.search(r"1[39]\d{9}", str(found))
    assert "老周" in found["SUMMARY"][0]
    other = next(p for p in at.company.people if p != at.holder)
    assert "UID" not in fetch(feed_token(feeds.make_feed(member=other, now=NOON)))


def test_a_person_whose_lead_is_with_others_now_is_not_named() -> None:
    at = desk()
    _meeting, token = settled(at)
    assert "周建国" in fetch(token)["SUMMARY"][0]
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=NOON, reason="by_hand")
    found = fetch(token)
    assert len(found["DTSTART"]) == 1
    assert "周建国" not in str(found)
    assert "昆山锐达" not in str(found)
    assert "URL" not in found


def test_who_won_a_lead_still_reads_whom_they_meet() -> None:
    at = desk()
    _meeting, token = settled(at)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    assert "周建国" in fetch(token)["SUMMARY"][0]


def test_a_moved_meeting_keeps_its_uid_and_counts_up() -> None:
    at = desk()
    meeting, token = settled(at)
    before = fetch(token)
    inviting.offer_again(
        meeting.pk, Plan("shop", "x", 60, [NOON + 5 * DAY]), member=at.holder, now=NOON
    )
    assert "UID" not in fetch(token)
    answering.choose(token_of(meeting), NOON + 5 * DAY, now=NOON + HOUR)
    after = fetch(token)
    assert before["UID"] == after["UID"]
    assert int(after["SEQUENCE"][0]) > int(before["SEQUENCE"][0])
    inviting.cancel(meeting.pk, member=at.holder, now=NOON)
    assert fetch(token)["STATUS"] == ["CANCELLED"]


def test_an_address_ends_when_it_is_ended_replaced_or_its_member_has_left() -> None:
    at = desk()
    client = Client()
    _, first = settled(at)
    second = feed_token(feeds.make_feed(member=at.holder, now=NOON))
    assert first != second
    assert client.get(reverse("meetings:feed", args=[first])).status_code == 404
    Member.objects.filter(pk=at.holder.pk).update(is_active=False)
    assert client.get(reverse("meetings:feed", args=[second])).status_code == 404
    Member.objects.filter(pk=at.holder.pk).update(is_active=True)
    assert client.get(reverse("meetings:feed", args=[second])).status_code == 200
    feeds.revoke_feed(member=at.holder, now=NOON)
    assert client.get(reverse("meetings:feed", args=[second])).status_code == 404


def test_the_database_knows_the_address_by_its_digest_alone() -> None:
    at = desk()
    feed = feeds.make_feed(member=at.holder, now=NOON)
    assert len(feed_token(feed)) == 22
    assert feed_token(feed).encode() not in bytes(Feed.objects.get().digest)


def test_the_page_shows_makes_and_ends_the_address() -> None:
    at = desk()
    client = Client(headers={"accept-language": "en"})
    client.force_login(at.holder)
    page = reverse("meetings:my_feed")
    assert "Make an address" in client.get(page).text
    client.post(reverse("meetings:make_feed"))
    feed = Feed.objects.get(revoked_at=None)
    assert reverse("meetings:feed", args=[feed_token(feed)]) in client.get(page).text
    client.post(reverse("meetings:revoke_feed"))
    assert "Make an address" in client.get(page).text
