"""The page of one's notices, the bell on every page, and the way from a notice to its lead."""

from datetime import timedelta

import pytest
from django.test import Client

from clew.access.models import Member
from clew.handoff.actions import leads as handoff
from clew.reach.models import Notice
from tests.company import HOT, MONDAY_NOON, TESTER, enquire
from tests.reach.make import hot, listen, others, seat_of

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(member: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)
    return client


def test_the_page_names_the_lead_and_opens_it() -> None:
    desk = hot()
    page = signed_in(desk.holder).get("/notices").content.decode()
    assert "New lead of high intent" in page
    assert f'href="/leads/{desk.lead_id}"' in page
    assert "周建国" in page
    assert "1 unread" in page


def test_a_lead_that_is_somebody_elses_now_is_not_named() -> None:
    desk = hot()
    to = seat_of(others(desk)[0])
    handoff.assign(desk.lead_id, seat_id=to.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    listen()
    page = signed_in(desk.holder).get("/notices").content.decode()
    assert f"{to.member.name} has it now" in page
    assert "周建国" not in page
    assert str(desk.lead_id) not in page


def test_every_page_counts_what_is_unread() -> None:
    desk = hot()
    client = signed_in(desk.holder)
    assert "<span data-number>1</span>" in client.get("/me").content.decode()
    assert client.get("/notices/count").json() == {"unread": 1}
    assert signed_in(others(desk)[0]).get("/notices/count").json() == {"unread": 0}


def test_who_opened_a_lead_has_read_what_there_was_to_it() -> None:
    desk = hot()
    other = enquire(desk.company.site, phone="13912345678", **HOT)
    listen()
    Notice.objects.update(member=desk.holder)
    client = signed_in(desk.holder)
    assert client.post("/notices/seen", {"lead": str(desk.lead_id)}).status_code == 204
    assert [n.lead_id for n in Notice.objects.filter(read_at=None)] == [other]
    assert client.post("/notices/seen", {"all": "1"}).status_code == 302
    assert not Notice.objects.filter(read_at=None).exists()


@pytest.mark.parametrize("sent", [{}, {"lead": "x"}, {"lead": "1" * 5000}])
def test_whoever_names_nothing_is_told_so(sent: dict[str, str]) -> None:
    desk = hot()
    answer = signed_in(desk.holder).post("/notices/seen", sent)
    assert answer.status_code == 422
    assert "Say which lead was looked at" in answer.content.decode()


def test_a_strangers_lead_is_not_there() -> None:
    desk = hot()
    answer = signed_in(others(desk)[0]).post("/notices/seen", {"lead": str(desk.lead_id)})
    assert answer.status_code == 404
    assert Notice.objects.filter(read_at=None).count() == 1


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30, "²"])
def test_odd_pages_are_the_first_page(before: str) -> None:
    desk = hot()
    assert signed_in(desk.holder).get("/notices", {"before": before}).status_code == 200


def test_older_ones_are_on_the_next_page() -> None:
    desk = hot()
    one = Notice.objects.get()
    Notice.objects.bulk_create(
        Notice(
            member=desk.holder,
            lead_id=desk.lead_id,
            kind="late",
            entry_id=number,
            at=MONDAY_NOON,
            told_at=MONDAY_NOON,
            read_at=MONDAY_NOON + timedelta(minutes=1),
        )
        for number in range(1, 51)
    )
    client = signed_in(desk.holder)
    first = client.get("/notices").content.decode()
    assert first.count("Time has run out") == 50
    assert f"before={one.pk + 1}" in first
    assert "New lead of high intent" in client.get(f"/notices?before={one.pk + 1}").content.decode()


def test_the_link_of_a_notice_opens_exactly_the_lead_after_signing_in() -> None:
    desk = hot()
    desk.holder.set_password("eine lange Parole 1")
    desk.holder.save()
    client = Client()
    stranger = client.get(f"/leads/{desk.lead_id}")
    assert stranger.headers["Location"] == f"/sign-in?next=%2Fleads%2F{desk.lead_id}"
    given = {"login": desk.holder.username, "password": "eine lange Parole 1"}
    signed = client.post(stranger.headers["Location"], {**given, "next": f"/leads/{desk.lead_id}"})
    assert signed.headers["Location"] == f"/leads/{desk.lead_id}"
    assert "周建国" in client.get(signed.headers["Location"]).content.decode()
