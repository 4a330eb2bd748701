"""People and weights, and accounts."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clew.access.models import Member, Role, Team
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.handoff.actions import seats
from clew.handoff.models import Calendar, Method, Placement, Seat
from clew.web.flow import FACTS
from tests.company import HOT, MONDAY_NOON, SUNDAY_NIGHT, TESTER, Company, enquire, member
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Anna",
    "username": "anna",
    "role": "salesperson",
    "password": "three blue herons",
}


def once() -> str:
    return str(uuid4())


def test_each_seat_shows_what_it_got_and_what_it_is_due(admin: Client, company: Company) -> None:
    enquire(company.site, phone="13812345678", **HOT)
    page = admin.get("/people").content.decode()
    assert all(person.name in page for person in company.people)
    assert "Owed" in page


def test_a_weight_holds_from_the_next_lead_on(admin: Client, company: Company) -> None:
    first = company.seats[0]
    data = {"weight": 0, "capacity": 7, "is_present": "on"}
    assert admin.post(f"/people/seats/{first.pk}", data).status_code == 302
    first.refresh_from_db()
    assert (first.weight, first.capacity, first.is_present) == (0, 7, True)
    enquire(company.site, phone="13812345678", **HOT)
    assert Placement.objects.get(closed_at=None).seat_id != first.pk


def test_an_unticked_seat_is_absent(admin: Client, company: Company) -> None:
    seat = company.seats[0]
    admin.post(f"/people/seats/{seat.pk}", {"weight": 1, "capacity": 50})
    seat.refresh_from_db()
    assert not seat.is_present


@pytest.mark.parametrize("weight", ["-1", "101", "x", ""])
def test_an_impossible_weight_changes_nothing(admin: Client, company: Company, weight: str) -> None:
    seat = company.seats[0]
    admin.post(f"/people/seats/{seat.pk}", {"weight": weight, "capacity": 50})
    seat.refresh_from_db()
    assert seat.weight == 1


@time_machine.travel(SUNDAY_NIGHT, tick=False)  # nobody works
def test_a_closed_seat_gives_its_leads_to_the_pool(admin: Client, company: Company) -> None:
    enquire(company.site, phone="13812345678", **HOT)
    holder = Placement.objects.get(closed_at=None).seat
    assert holder
    admin.post(f"/people/seats/{holder.pk}/leave")
    assert Placement.objects.get(closed_at=None).kind == "pool"


def test_a_double_click_makes_one_seat(admin: Client, company: Company) -> None:
    person = member(company.organisation, "new", Role.SALESPERSON)
    data = {"member": person.pk, "weight": 1, "capacity": 5, "once": once()}
    for _ in range(2):
        answer = admin.post(f"/people/teams/{company.online.pk}/seats", data)
        assert answer.status_code == 302
    assert Seat.objects.filter(member=person).count() == 1


def test_managers_seat_only_people_they_may_see(company: Company, browser: Browser) -> None:
    stranger = member(company.organisation, "other", Role.SALESPERSON, company.offline)
    data = {"member": stranger.pk, "weight": 1, "capacity": 5, "once": once()}
    answer = browser(company.manager).post(f"/people/teams/{company.online.pk}/seats", data)
    assert answer.status_code == 422
    assert not Seat.objects.filter(member=stranger).exists()


def test_managers_see_no_other_team_and_no_accounts(company: Company, browser: Browser) -> None:
    page = browser(company.manager).get("/people").content.decode()
    assert company.online.name in page
    assert company.offline.name not in page
    assert "Accounts" not in page


def test_an_account_is_opened_once_however_often_it_is_sent(admin: Client) -> None:
    data = {**NEW, "once": once()}
    for _ in range(2):
        assert admin.post("/people/accounts", data).status_code == 302
    anna = Member.objects.get(username="anna")
    assert anna.check_password(NEW["password"])
    assert Entry.objects.filter(name="MemberAdded").count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short"}, "too short"),
        ({"username": "manager"}, "is taken"),
        ({"role": "king"}, "valid choice"),
        ({"once": "damaged"}, "Open the page again"),
    ],
)
def test_a_refused_account_keeps_what_was_typed(
    admin: Client, change: dict[str, str], words: str
) -> None:
    answer = admin.post("/people/accounts", {**NEW, "once": once(), **change})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="Anna"' in page


def test_a_refused_form_can_be_mended_and_sent_again(admin: Client) -> None:
    nonce = once()
    admin.post("/people/accounts", {**NEW, "password": "short", "once": nonce})
    assert admin.post("/people/accounts", {**NEW, "once": nonce}).status_code == 302
    assert Member.objects.filter(username="anna").exists()


def test_a_new_password_ends_the_old_sessions(
    admin: Client, company: Company, browser: Browser
) -> None:
    person = company.people[0]
    theirs = browser(person)
    data = {"password": "four green parrots", "once": once()}
    assert admin.post(f"/people/accounts/{person.pk}/password", data).status_code == 302
    assert theirs.get("/me").status_code == 302


def test_closing_an_account_ends_its_sessions_and_opening_brings_it_back(
    admin: Client, company: Company, browser: Browser
) -> None:
    person = company.people[0]
    theirs = browser(person)
    admin.post(f"/people/accounts/{person.pk}/active", {"active": "off"})
    assert theirs.get("/me").status_code == 302
    admin.post(f"/people/accounts/{person.pk}/active", {"active": "on"})
    assert Member.objects.get(pk=person.pk).is_active


def test_the_last_administrator_cannot_close_the_own_account(
    admin: Client, company: Company
) -> None:
    answer = admin.post(f"/people/accounts/{company.administrator.pk}/active", {"active": "off"})
    assert answer.status_code == 409
    assert Member.objects.get(pk=company.administrator.pk).is_active


def test_teams_are_set_as_ticked(admin: Client, company: Company) -> None:
    path = f"/people/accounts/{company.manager.pk}/teams"
    admin.post(path, {"team": [company.offline.pk]})
    assert [m.team for m in company.manager.memberships.all()] == [company.offline]


def test_a_name_with_markup_is_shown_as_it_is(admin: Client, company: Company) -> None:
    Member.objects.filter(pk=company.manager.pk).update(name="<script>alert(1)</script>")
    assert b"<script>alert" not in admin.get("/people").content


TEAM = {
    "name": "华南组",
    "side": "online",
    "high": "turn",
    "medium": "turn",
    "low": "pool",
}


def test_a_deployment_from_nothing_gets_a_team_that_takes_leads(
    admin: Client, company: Company
) -> None:
    Method.objects.all().delete()
    data = {**TEAM, "calendar": Calendar.objects.get().pk, "once": once()}
    for _ in range(2):
        assert admin.post("/people/teams/new", data).status_code == 302
    team = Team.objects.get(name="华南组")
    person = member(company.organisation, "new", Role.SALESPERSON)
    seat = {"member": person.pk, "weight": 1, "capacity": 5, "once": once()}
    admin.post(f"/people/teams/{team.pk}/seats", seat)
    enquire(company.site, phone="13812345678", **HOT)
    assert Placement.objects.get(closed_at=None).seat.member == person  # type: ignore[union-attr]


def test_one_team_takes_each_side_and_nothing_is_half_made(admin: Client) -> None:
    data = {**TEAM, "calendar": Calendar.objects.get().pk, "once": once()}
    answer = admin.post("/people/teams/new", data)
    assert answer.status_code == 422
    assert "Another team" in answer.content.decode()
    assert not Team.objects.filter(name="华南组").exists()


def test_a_changed_method_holds_from_the_next_lead_on(admin: Client, company: Company) -> None:
    data = {**TEAM, "high": "pool", "calendar": Calendar.objects.get().pk, "once": once()}
    assert admin.post(f"/people/teams/{company.online.pk}", data).status_code == 302
    enquire(company.site, phone="13812345678", **HOT)
    assert Placement.objects.get(closed_at=None).kind == "pool"
    assert "selected" in admin.get(f"/people/teams/{company.online.pk}").content.decode()


@time_machine.travel(SUNDAY_NIGHT, tick=False)  # nobody works
def test_what_a_closed_account_held_waits_in_the_pool(admin: Client, company: Company) -> None:
    enquire(company.site, phone="13812345678", **HOT)
    holder = Placement.objects.get(closed_at=None).seat
    assert holder
    admin.post(f"/people/accounts/{holder.member_id}/active", {"active": "off"})
    follow(FACTS, datetime.now(UTC))
    placement = Placement.objects.get(closed_at=None)
    assert (placement.kind, placement.seat) == ("pool", None)
    assert Seat.objects.get(pk=holder.pk).left_at


def add_teams(company: Company, count: int) -> None:
    """Add teams with a method and one seat each."""
    for _ in range(count):
        number = Team.objects.count()
        team = Team.objects.create(organisation=company.organisation, name=f"组{number}")
        Method.objects.create(team=team, calendar=Calendar.objects.get(), side="rules")
        person = member(company.organisation, f"more{number}", Role.SALESPERSON)
        seats.join(team.pk, person.pk, weight=1, capacity=9, actor=TESTER, now=MONDAY_NOON)


def test_the_number_of_statements_does_not_grow_with_teams(admin: Client, company: Company) -> None:
    counts = []
    for more in (1, 2, 12):
        add_teams(company, more)
        admin.get("/people")
        with CaptureQueriesContext(connection) as asked:
            page = admin.get("/people").content.decode()
        counts.append(len(asked))
        assert page.count("Add a seat") == Team.objects.count()
    assert counts[0] == counts[1] >= counts[2]


def test_of_many_teams_the_ties_of_one_are_looked_at_when_asked_for(
    admin: Client, company: Company
) -> None:
    assert admin.get("/people").content.decode().count("too few ties yet") == 2
    add_teams(company, 4)
    page = admin.get("/people").content.decode()
    assert page.count("Look at whom ties follow") == Team.objects.count()
    page = admin.get(f"/people?ties={company.online.pk}").content.decode()
    assert page.count("too few ties yet") == 1
    assert admin.get("/people?ties=x").status_code == 200
