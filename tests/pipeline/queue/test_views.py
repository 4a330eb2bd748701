"""From My day: putting off, several at once, and from lead to lead in the list that one came from."""

import re
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.test import Client

from clew.access.models import Member
from clew.handoff.actions.leads import assign
from clew.pipeline.leads import neighbours
from clew.pipeline.models import BulkEdit, Task
from tests.company import HOT, TESTER, Company, enquire, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return found(weights=(1,))


def person(company: Company) -> Member:
    return company.people[0]


def comes(company: Company, number: int) -> UUID:
    """Put a lead into the person's hands now, by day or by night."""
    now = datetime.now(UTC)
    lead_id = enquire(company.site, now, name=f"客户{number}", phone=f"138{number:08d}", **HOT)
    assign(lead_id, seat_id=company.seats[0].pk, actor=TESTER, now=now, reason="by hand")
    return lead_id


@pytest.fixture
def signed_in(client: Client, company: Company) -> Client:
    client.force_login(person(company))
    return client


def beside(client: Client, lead_id: UUID, address: str) -> tuple[str, str, str]:
    """What the page of a lead says: previous, place, next."""
    page = client.get(f"/leads/{lead_id}?{urlencode({'list': address})}").content.decode()
    nav = page.partition('class="c-beside-n"')[2].partition("</nav>")[0]
    ways = dict(re.findall(r'rel="(\w+)" href="/leads/([0-9a-f-]{36})', nav))
    place = re.search(r"(\d+ / \d+\+?)", nav)
    return ways.get("prev", ""), place[1] if place else "", ways.get("next", "")


def test_a_lead_is_put_off_from_the_day_and_one_stays_there(
    company: Company, signed_in: Client
) -> None:
    lead_id = comes(company, 1)
    sent = {"next": "tomorrow", "back": "day"}
    answer = signed_in.post(f"/leads/{lead_id}/plan", sent)
    assert answer["Location"] == "/my-day"
    assert Task.objects.get().due_at > datetime.now(UTC)
    assert signed_in.post(f"/leads/{lead_id}/plan", {"next": "tomorrow"})["Location"] != "/my-day"


def test_one_goes_from_lead_to_lead_through_the_day(company: Company, signed_in: Client) -> None:
    ids = [str(comes(company, n)) for n in range(3)]
    order = re.findall(r'id="r-([0-9a-f-]{36})"', signed_in.get("/my-day").content.decode())
    assert sorted(order) == sorted(ids)
    first, second, third = order
    assert beside(signed_in, UUID(first), "day") == ("", "1 / 3", second)
    assert beside(signed_in, UUID(second), "day") == (first, "2 / 3", third)
    assert beside(signed_in, UUID(third), "day") == (second, "3 / 3", "")


def test_one_goes_from_lead_to_lead_through_a_filtered_list(
    company: Company, signed_in: Client
) -> None:
    one, other, third = (str(comes(company, n)) for n in range(3))
    assert beside(signed_in, UUID(other), "sort=oldest") == (one, "2 / 3", third)
    assert beside(signed_in, UUID(other), "view=") == (third, "2 / 3", one)
    assert beside(signed_in, UUID(other), "q=客户1") == ("", "1 / 1", "")
    assert beside(signed_in, UUID(other), "q=客户2") == ("", "", "")


@pytest.mark.parametrize("address", ["", "nonsense", "%00", "after=x_y&sort=points", "x" * 9000])
def test_whatever_names_the_list_the_page_is_there(
    company: Company, signed_in: Client, address: str
) -> None:
    lead_id = comes(company, 1)
    assert signed_in.get(f"/leads/{lead_id}?{urlencode({'list': address})}").status_code == 200


def test_somebody_elses_day_shows_nothing(company: Company, client: Client) -> None:
    lead_id = comes(company, 1)
    client.force_login(company.manager)
    assert beside(client, lead_id, "day") == ("", "", "")


def test_a_list_that_goes_on_says_so() -> None:
    ids = [uuid4() for _ in range(200)]
    found = neighbours(ids, ids[-1], "view=")
    assert found
    assert (found.is_cut, found.before, found.after) == (True, ids[-2], None)


def test_several_are_chosen_on_the_day_and_planned_by_the_usual_change(
    company: Company, signed_in: Client
) -> None:
    ids = [comes(company, n) for n in range(3)]
    page = signed_in.get("/my-day").content.decode()
    assert all(f'form="bulk" name="lead" value="{lead_id}"' in page for lead_id in ids)
    assert re.findall(r'name="act" value="(\w+)"', page) == ["plan", "close", "pool"]
    sent = {"once": str(uuid4()), "act": "plan", "lead": [str(pk) for pk in ids[:2]]}
    answer = signed_in.post("/leads/bulk", sent)
    assert answer["Location"].startswith(f"/leads/bulk/{sent['once']}")
    chosen = BulkEdit.objects.get().rows.values_list("lead_id", flat=True)
    assert set(chosen) == set(ids[:2])
