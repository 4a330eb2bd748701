"""Calendars, seats and absences in pages."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from clew.handoff.models import Absence, Calendar, Placement, Seat
from tests.company import HOT, Company, enquire
from tests.web.office.conftest import Browser
from tests.web.office.test_bad_input import ODD

pytestmark = pytest.mark.django_db
SOON = (datetime.now(UTC) + timedelta(days=3)).date()


def once() -> str:
    return str(uuid4())


def typed(**other: str) -> dict[str, str]:
    week = {f"day{n}": "8:30–12:00, 13:30–18:00" for n in range(5)}
    return {"name": "办公室", "time_zone": "Asia/Shanghai", "once": once(), **week, **other}


def test_a_calendar_is_written_once_and_shown_again_as_it_was(admin: Client) -> None:
    data = typed(days_off="2026-12-25", days_on="2026-12-26 周五")
    for _ in range(2):
        assert admin.post("/people/calendars/new", data).status_code == 302
    made = Calendar.objects.get(name="办公室")
    assert made.week[0:2] == [[510, 720], [810, 1080]]
    assert (made.days_off, made.days_on) == (["2026-12-25"], {"2026-12-26": 4})
    page = admin.get(f"/people/calendars/{made.pk}").content.decode()
    assert "8:30–12:00, 13:30–18:00" in page
    assert "2026-12-26 Friday" in page
    assert "Monday–Friday" in admin.get("/people/calendars").content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"day0": "18:00–9:00"}, "must end after it begins"),
        ({"day0": "9:00–12:00, 11:00–14:00"}, "overlap"),
        ({"day0": "all day"}, "cannot be read: all day"),
        ({f"day{n}": "" for n in range(5)}, "at least one hour"),
        ({"time_zone": "Asia/Peking"}, "Select a valid choice"),
        ({"days_off": "2026-12-26", "days_on": "2026-12-26"}, "both a day off and worked"),
        ({"days_off": "next week"}, "cannot be read: next week"),
        ({"name": ""}, "required"),
    ],
)
def test_a_refused_calendar_says_why_and_keeps_what_was_typed(
    admin: Client, change: dict[str, str], words: str
) -> None:
    answer = admin.post("/people/calendars/new", typed(**{"days_off": "2026-12-01", **change}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "8:30–12:00" in page or "at least" in words
    assert not Calendar.objects.filter(name="办公室").exists()


def test_the_holidays_of_a_year_come_in_by_one_button(admin: Client) -> None:
    calendar = Calendar.objects.get()
    path = f"/people/calendars/{calendar.pk}"
    assert admin.post(f"{path}/year", {"year": "2026"}).status_code == 302
    calendar.refresh_from_db()
    assert "2026-10-01" in calendar.days_off
    assert calendar.days_on["2026-10-10"] == 2
    for year in ("1999", "x", ""):
        assert admin.post(f"{path}/year", {"year": year}).status_code == 422


def test_a_used_calendar_is_not_deleted_and_says_who_uses_it(
    admin: Client, company: Company
) -> None:
    answer = admin.post(f"/people/calendars/{Calendar.objects.get().pk}/delete", {"once": once()})
    assert answer.status_code == 409
    assert company.online.name in answer.content.decode()


def test_an_unused_calendar_is_deleted(admin: Client) -> None:
    admin.post("/people/calendars/new", typed())
    made = Calendar.objects.get(name="办公室")
    assert "Delete it" in admin.get(f"/people/calendars/{made.pk}").content.decode()
    assert admin.post(f"/people/calendars/{made.pk}/delete", {"once": once()}).status_code == 302
    assert not Calendar.objects.filter(pk=made.pk).exists()


def leave(**other: str) -> dict[str, str]:
    return {
        "from_day": str(SOON),
        "until_day": str(SOON + timedelta(days=2)),
        "reason": "年假",
        "once": once(),
        **other,
    }


def test_salespeople_plan_their_own_absence_and_take_it_back(
    company: Company, browser: Browser
) -> None:
    person = browser(company.people[0])
    assert person.post("/me/absences", leave()).status_code == 302
    absence = Absence.objects.get()
    assert absence.seat == company.seats[0]
    assert absence.until_at - absence.from_at == timedelta(days=3)  # the last day counts
    assert "年假" in person.get("/me/absences").content.decode()
    refused = person.post("/me/absences", leave())
    assert refused.status_code == 422
    assert "already" in refused.content.decode()
    stranger = browser(company.people[1])
    assert stranger.post(f"/me/absences/{absence.pk}/cancel").status_code == 404
    assert person.post(f"/me/absences/{absence.pk}/cancel").status_code == 302
    absence.refresh_from_db()
    assert absence.cancelled_at


def test_an_absence_may_begin_and_end_at_an_hour(company: Company, browser: Browser) -> None:
    hours = leave(from_time="13:30", until_day=str(SOON), until_time="15:00")
    assert browser(company.people[0]).post("/me/absences", hours).status_code == 302
    absence = Absence.objects.get()
    assert absence.until_at - absence.from_at == timedelta(hours=1, minutes=30)


def test_managers_plan_for_their_teams_and_the_people_page_says_who_is_away(
    company: Company, browser: Browser
) -> None:
    manager, seat = browser(company.manager), company.seats[1]
    assert manager.post(f"/people/seats/{seat.pk}/absences", leave()).status_code == 302
    assert "away from" in manager.get("/people").content.decode()
    page = manager.get(f"/people/seats/{seat.pk}/plan").content.decode()
    assert "年假" in page
    assert manager.post(f"/people/absences/{Absence.objects.get().pk}/cancel").status_code == 302
    assert "Nothing is planned" in manager.get(f"/people/seats/{seat.pk}/plan").content.decode()


def test_regions_are_chosen_by_searching_and_opening_and_only_saving_saves(
    admin: Client, company: Company
) -> None:
    path = f"/people/seats/{company.seats[0].pk}/takes"
    page = admin.get(path).content.decode()
    assert "广东省" in page
    assert "深圳市" not in page
    page = admin.post(path, {"q": "深圳", "look": "1", "region": "320500"}).content.decode()
    assert 'value="440300"' in page
    assert 'value="320500" checked' in page
    page = admin.post(path, {"open": "440300", "region": "320500"}).content.decode()
    assert "南山区" in page
    seat = Seat.objects.get(pk=company.seats[0].pk)
    assert seat.territories == []
    data = {"region": ["320500", "440300", "440305", "x", "999999"], "categories": "伺服\n变频"}
    assert admin.post(path, {**data, "save": "1", "once": once()}).status_code == 302
    seat.refresh_from_db()
    assert seat.territories == [[320500, 320600], [440300, 440400]]
    assert seat.categories == ["伺服", "变频"]
    page = admin.get(f"/people/seats/{seat.pk}/plan").content.decode()
    assert "广东 深圳" in page


def test_a_seat_gets_hours_of_its_own_and_gives_them_back(admin: Client, company: Company) -> None:
    seat, calendar = company.seats[0], Calendar.objects.get()
    admin.post(f"/people/seats/{seat.pk}/hours", {"calendar": calendar.pk})
    seat.refresh_from_db()
    assert seat.calendar == calendar
    admin.post(f"/people/seats/{seat.pk}/hours", {"calendar": ""})
    seat.refresh_from_db()
    assert seat.calendar is None


def test_closing_an_account_shows_what_becomes_of_its_leads_and_does_it(
    admin: Client, company: Company
) -> None:
    calendar = Calendar.objects.get()
    calendar.week = [[0, 7 * 1440]]
    calendar.save()
    enquire(company.site, phone="13812345678", **HOT)
    holder = Placement.objects.get(closed_at=None).seat
    assert holder
    page = admin.get(f"/people/accounts/{holder.member_id}").content.decode()
    assert "1 by turn to the team, 0 to the pool" in page
    path = f"/people/accounts/{holder.member_id}/active"
    page = admin.post(path, {"active": "off"}, follow=True).content.decode()
    assert "1 by turn, 0 to the pool" in page
    now_with = Placement.objects.get(closed_at=None)
    assert now_with.kind == "person"
    assert now_with.seat != holder
    told = admin.get(f"/leads/{now_with.lead_id}").content.decode()
    assert "Whoever had it has left" in told


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_break_no_page_of_planning(admin: Client, company: Company, odd: str) -> None:
    text = odd.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    seat, calendar = company.seats[0].pk, Calendar.objects.get().pk
    week = {f"day{n}": text for n in range(7)}
    names = ("name", "time_zone", "days_off", "days_on", "from_day", "from_time", "until_day")
    more = ("until_time", "reason", "calendar", "categories", "q", "open", "region", "year", "once")
    sent = week | dict.fromkeys((*names, *more), text)
    good = leave() | {"reason": text, "name": text, "save": "1"}
    for address in (
        "/people/calendars/new",
        f"/people/calendars/{calendar}",
        f"/people/calendars/{calendar}/year",
        f"/people/seats/{seat}/hours",
        f"/people/seats/{seat}/takes",
        f"/people/seats/{seat}/absences",
        "/me/absences",
        "/people/absences/99999999999999999999999/cancel",
        "/people/seats/99999999999999999999999/takes",
    ):
        assert admin.post(address, sent).status_code < 500, address
        assert admin.post(address, sent | good | {"once": once()}).status_code < 500, address


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31"])
def test_a_day_of_another_century_is_refused(company: Company, browser: Browser, day: str) -> None:
    for dates in ({"from_day": day}, {"until_day": day}, {"from_day": day, "until_day": day}):
        answer = browser(company.people[0]).post("/me/absences", leave(**dates))
        assert answer.status_code == 422
    assert not Absence.objects.exists()
