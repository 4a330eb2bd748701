"""Who shows up: numbers that agree with the lists they open."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clew.access.models import Member
from clew.pipeline.meetings.actions import answering, holding, inviting
from clew.pipeline.meetings.links import token_of
from clew.pipeline.meetings.report import COLUMNS, Wanted, page, report
from tests.company import HOT, MONDAY_NOON, enquire
from tests.pipeline.desk import NOON, Desk, desk, holder
from tests.pipeline.meetings.test_inviting import HOUR, invited

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=10)


@pytest.fixture(autouse=True)
def noon() -> object:
    with time_machine.travel(MONDAY_NOON, tick=False) as traveller:
        yield traveller


def many(at: Desk) -> None:
    """Let ten people be invited: four came, two did not, one is not told, one has not answered, two are off."""
    for n in range(10):
        source = at.company.fair if n == 9 else at.company.site
        lead_id = enquire(source, name=f"客户{n}", phone=f"1390000{n:04d}", **HOT)
        if n == 9:
            continue
        meeting = invited(at, lead_id, times=[NOON + (n + 1) * 24 * HOUR])
        if n == 8:
            inviting.cancel(meeting.pk, member=holder(lead_id), now=NOON)
        elif n < 7:
            answering.choose(token_of(meeting), meeting.offered[0], now=NOON)
        if n < 6:
            who = holder(lead_id)
            holding.tell(meeting.pk, did_come=n < 4, member=who, now=LATER)


def browser(member: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)
    return client


def test_each_number_counts_what_its_list_shows() -> None:
    at = desk()
    many(at)
    viewer, wanted = at.company.administrator, Wanted()
    found = report(viewer, wanted, LATER)
    assert [n.count for n in found.all.numbers] == [9, 7, 4, 2, 1]
    assert (found.all.share, found.all.low, found.all.high) == (67, 30, 90)
    client = browser(viewer)
    with time_machine.travel(LATER, tick=False):
        for row in [found.all, *found.people, *found.sources]:
            for number in row.numbers:
                seen = client.get(reverse("meetings:listed") + number.address)
                assert len(seen.context["rows"]) == number.count
        assert client.get(reverse("meetings:report")).status_code == 200
    for column in range(len(COLUMNS)):
        total = found.all.numbers[column].count
        assert sum(row.numbers[column].count for row in found.people) == total
        assert sum(row.numbers[column].count for row in found.sources) == total


def test_a_salesperson_counts_own_meetings_and_a_manager_those_of_the_teams() -> None:
    at = desk()
    many(at)
    mine = report(at.holder, Wanted(), LATER)
    assert {row.name for row in mine.people} == {at.holder.name}
    whole = report(at.company.manager, Wanted(), LATER).all.numbers[0].count
    assert mine.all.numbers[0].count < whole == 9


def test_the_report_takes_the_same_statements_however_many_there_are() -> None:
    at = desk()
    counts = []
    for _ in range(2):
        invited(at, enquire(at.company.site, name="x", phone=f"1380000000{len(counts)}", **HOT))
        with CaptureQueriesContext(connection) as asked:
            report(at.company.administrator, Wanted(), NOON)
        counts.append(len(asked))
    assert counts == [1, 1]


def test_the_list_goes_on_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    at = desk()
    many(at)
    monkeypatch.setattr("clew.pipeline.meetings.report.PAGE", 4)
    viewer, seen, after = at.company.administrator, [], ""
    for _ in range(3):
        rows, key = page(viewer, Wanted(), LATER, after)
        seen += [row.pk for row in rows]
        after = str(key or "")
    assert len(seen) == len(set(seen)) == 9
    assert after == ""


def test_nonsense_in_the_address_is_an_empty_or_the_usual_page() -> None:
    client = browser(desk().holder)
    for query in (
        "?period=x&who=x&state=x",
        "?who=99999999999999999999",
        "?after=x",
        "?source=%00",
    ):
        for name in ("report", "listed"):
            assert client.get(reverse(f"meetings:{name}") + query).status_code == 200
