"""Leads go from one pool to another by a manager's hand, one or many, and back."""

from uuid import UUID, uuid4

import pytest
from django.test import Client

from clew.access.models import Member
from clew.handoff.actions.leads import change_pool, claim
from clew.handoff.errors import LeadNotPooled, PoolUnknown
from clew.handoff.models import Placement
from clew.pipeline.bulk.actions import choose, go_on, say, start, undo
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.models import BulkRow
from clew.web.flow import tick
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return found()


def place(lead_id: UUID) -> Placement:
    return Placement.objects.get(lead=lead_id, closed_at=None)


def pooled(company: Company, number: int = 1) -> UUID:
    return enquire(company.site, phone=f"1381234{number:04d}", **COLD)


def browser(who: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(who)
    return client


def test_a_lead_goes_into_another_teams_pool_and_waits_to_be_claimed(company: Company) -> None:
    lead_id = pooled(company)
    change_pool(lead_id, team_id=company.offline.pk, actor=TESTER, now=MONDAY_NOON)
    tick(MONDAY_NOON)
    stands = place(lead_id)
    assert (stands.kind, stands.team_id, stands.reason) == ("pool", company.offline.pk, "moved")
    change_pool(lead_id, team_id=None, actor=TESTER, now=MONDAY_NOON)
    assert place(lead_id).team_id is None


def test_what_somebody_has_and_a_pool_that_is_none_are_refused(company: Company) -> None:
    held, free = enquire(company.site, phone="13812340009", **HOT), pooled(company)
    with pytest.raises(LeadNotPooled):
        change_pool(held, team_id=None, actor=TESTER, now=MONDAY_NOON)
    with pytest.raises(PoolUnknown):
        change_pool(free, team_id=999_999, actor=TESTER, now=MONDAY_NOON)


def test_a_manager_moves_it_on_its_page_and_a_salesperson_does_not(company: Company) -> None:
    lead_id = pooled(company)
    page = browser(company.manager).get(f"/leads/{lead_id}").content.decode()
    assert "Another pool" in page
    assert (
        "Another pool" not in browser(company.people[0]).get(f"/leads/{lead_id}").content.decode()
    )
    wrong = browser(company.manager).post(f"/leads/{lead_id}/pool", {"team": "x"}, follow=True)
    assert "Choose the pool of a team" in wrong.content.decode()
    sent = {"team": str(company.offline.pk)}
    told = browser(company.manager).post(f"/leads/{lead_id}/pool", sent, follow=True)
    assert "Put into another pool." in told.content.decode()  # at the pool: it is out of sight now
    assert place(lead_id).team_id == company.offline.pk


def test_many_go_at_once_each_judged_and_back_again(company: Company) -> None:
    leads = [pooled(company, n) for n in range(3)]
    held = enquire(company.site, phone="13812340009", **HOT)
    bulk, viewer = uuid4(), company.administrator
    choose(bulk, "move", viewer=viewer, now=MONDAY_NOON, lead_ids=[*leads, held])
    say(bulk, Terms(team_id=0), viewer=viewer, now=MONDAY_NOON)
    codes = dict(BulkRow.objects.filter(bulk=bulk).values_list("lead_id", "code"))
    assert codes == {**dict.fromkeys(leads, ""), held: "with_person"}
    claim(leads[2], member=company.people[0], now=MONDAY_NOON)
    start(bulk, viewer=viewer, now=MONDAY_NOON)
    go_on(bulk, now=MONDAY_NOON, most=10)
    assert [place(one).team_id for one in leads[:2]] == [None, None]
    assert place(leads[2]).kind == "person"
    back = undo(bulk, uuid4(), viewer=viewer, now=MONDAY_NOON)
    go_on(back.pk, now=MONDAY_NOON, most=10)
    assert [place(one).team_id for one in leads[:2]] == [company.online.pk] * 2


def test_its_form_offers_the_pools(company: Company) -> None:
    lead_id = pooled(company)
    client = browser(company.manager)
    sent = {"act": "move", "lead": [str(lead_id)], "once": str(uuid4())}
    page = client.post("/leads/bulk", sent, follow=True).content.decode()
    assert "Into which pool" in page
    assert "Company&#x27;s pool" in page
