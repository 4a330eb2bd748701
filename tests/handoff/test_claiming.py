"""Claiming by a pool's rules: limits a day, the wait of who had it, hidden names, and who is told what."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from clew.access.models import Member, Role
from clew.contacts.models import Lead
from clew.handoff.actions.leads import change_pool, claim, close, to_pool
from clew.handoff.actions.methods import Taking, set_method
from clew.handoff.errors import CapacityReached, ClaimTooLate, LeadMissing, LeadTaken, NoSeat
from clew.handoff.models import Method
from clew.handoff.pools.actions import PoolTerms, open_lead, set_policy
from clew.handoff.pools.errors import ClaimsSpent, HadItLately, ViewsSpent
from clew.handoff.pools.models import Opening
from clew.handoff.pools.rules import veiled, veiled_company
from clew.handoff.queries import claimable_lead, visible_leads
from tests.company import MONDAY_NOON, TESTER, Company, enquire, found, member

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def company() -> Company:
    """One whose leads all go to the pool."""
    made = found()
    calendar = Method.objects.get(team=made.online).calendar_id
    taking = Taking("online", calendar, high="pool", medium="pool", low="pool")
    set_method(made.online.pk, taking, actor=TESTER, now=MONDAY_NOON)
    return made


def policy(company: Company, **terms: Any) -> None:
    set_policy(company.online.pk, PoolTerms(**terms), actor=TESTER, now=MONDAY_NOON)


def pooled(company: Company, number: int = 1) -> UUID:
    return enquire(
        company.site,
        name="张三丰",
        company="昆山锐达自动化设备厂",
        phone=f"1380000{number:04d}",
        message="想问一下价格",
    )


def into_companys_pool(lead_id: UUID) -> None:
    to_pool(lead_id, team_id=None, actor=TESTER, now=MONDAY_NOON, reason="moved")


def browser(who: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(who)
    return client


def test_a_person_claims_so_many_a_day_and_more_on_the_next(company: Company) -> None:
    policy(company, claims_per_day=2)
    person, other = company.people[:2]
    leads = [pooled(company, n) for n in range(4)]
    for lead_id in leads[:2]:
        claim(lead_id, member=person, now=MONDAY_NOON)
    with pytest.raises(ClaimsSpent):
        claim(leads[2], member=person, now=MONDAY_NOON + 11 * HOUR)  # 23:00 in Shanghai
    claim(leads[2], member=other, now=MONDAY_NOON)
    claim(leads[3], member=person, now=MONDAY_NOON + 12 * HOUR)


def test_what_was_claimed_and_given_back_counts_all_the_same(company: Company) -> None:
    policy(company, claims_per_day=1)
    first, second = pooled(company, 1), pooled(company, 2)
    person, online = company.people[0], company.online.pk
    claim(first, member=person, now=MONDAY_NOON)
    to_pool(first, team_id=online, actor=TESTER, now=MONDAY_NOON, reason="stuck")
    with pytest.raises(ClaimsSpent):
        claim(second, member=person, now=MONDAY_NOON)


def test_who_had_a_lead_waits_while_others_may_have_it(company: Company) -> None:
    policy(company, waits_hours=12)
    lead_id, (person, other) = pooled(company), company.people[:2]
    claim(lead_id, member=person, now=MONDAY_NOON)
    to_pool(
        lead_id, team_id=company.online.pk, actor=TESTER, now=MONDAY_NOON + HOUR, reason="stuck"
    )
    with pytest.raises(HadItLately) as refused:
        claim(lead_id, member=person, now=MONDAY_NOON + 2 * HOUR)
    assert refused.value.details["until"] == MONDAY_NOON + 13 * HOUR
    claim(lead_id, member=other, now=MONDAY_NOON + 2 * HOUR)


def test_who_waits_is_told_until_when(company: Company) -> None:
    policy(company, waits_hours=12)
    lead_id, person = pooled(company), company.people[0]
    now = datetime.now(UTC)
    claim(lead_id, member=person, now=now)
    to_pool(lead_id, team_id=company.online.pk, actor=TESTER, now=now, reason="stuck")
    client = browser(person)
    assert "yours again from" in client.get("/pool").content.decode()
    page = client.post(f"/leads/{lead_id}/claim", follow=True).content.decode()
    assert "You can claim it again from" in page


def test_claiming_twice_gives_the_same_and_the_slower_is_told_by_whom(company: Company) -> None:
    lead_id, (person, other) = pooled(company), company.people[:2]
    first = claim(lead_id, member=person, now=MONDAY_NOON)
    assert claim(lead_id, member=person, now=MONDAY_NOON) == first
    with pytest.raises(LeadTaken):
        claim(lead_id, member=other, now=MONDAY_NOON)
    page = browser(other).post(f"/leads/{lead_id}/claim", follow=True).content.decode()
    assert f"{person.name} was faster and has it now." in page


def test_a_claim_after_the_lead_was_closed_is_told_so(company: Company) -> None:
    lead_id = pooled(company)
    close(lead_id, reason="lost_need", actor=TESTER, now=MONDAY_NOON)
    with pytest.raises(ClaimTooLate):
        claim(lead_id, member=company.people[0], now=MONDAY_NOON)
    page = browser(company.people[0]).post(f"/leads/{lead_id}/claim", follow=True)
    assert "It was closed meanwhile" in page.content.decode()


def test_a_lead_that_was_never_in_ones_pools_is_not_there(company: Company) -> None:
    lead_id = pooled(company)
    stranger = member(company.organisation, "stranger", Role.SALESPERSON, company.offline)
    with pytest.raises(LeadMissing):
        claimable_lead(stranger, lead_id)
    assert browser(stranger).post(f"/leads/{lead_id}/claim").status_code == 404


def test_a_lead_that_went_on_to_another_teams_pool_is_claimed_there_alone(company: Company) -> None:
    lead_id = pooled(company)
    change_pool(lead_id, team_id=company.offline.pk, actor=TESTER, now=MONDAY_NOON)
    with pytest.raises(NoSeat):
        claim(claimable_lead(company.people[0], lead_id), member=company.people[0], now=MONDAY_NOON)


def test_the_companys_pool_is_for_all_who_sit_in_a_team(company: Company) -> None:
    lead_id = pooled(company)
    into_companys_pool(lead_id)
    idle = member(company.organisation, "idle", Role.SALESPERSON, company.offline)
    for who in (company.people[0], company.manager, idle):
        assert visible_leads(who).filter(pk=lead_id).exists()
    with pytest.raises(NoSeat):
        claim(lead_id, member=idle, now=MONDAY_NOON)
    set_policy(None, PoolTerms(claims_per_day=0), actor=TESTER, now=MONDAY_NOON)
    with pytest.raises(ClaimsSpent):
        claim(lead_id, member=company.people[0], now=MONDAY_NOON)
    set_policy(None, PoolTerms(), actor=TESTER, now=MONDAY_NOON)
    assert claim(lead_id, member=company.people[0], now=MONDAY_NOON).team_id == company.online.pk


def test_names_are_hidden_wherever_a_salesperson_meets_a_pooled_lead(company: Company) -> None:
    policy(company, is_veiled=True)
    lead_id, person = pooled(company), company.people[0]
    client = browser(person)
    for address in ("/pool", "/leads?view=", "/leads?columns=name,company", f"/leads/{lead_id}"):
        page = client.get(address).content.decode()
        assert "张三丰" not in page, address
        assert "昆山锐达" not in page, address
        assert "张**" in page, address
    assert client.post(f"/leads/{lead_id}/reveal", {"purpose": "call"}).status_code == 409
    assert "张三丰" in browser(company.manager).get("/pool").content.decode()
    assert Lead.objects.get(pk=lead_id).contact.name == "张三丰"
    claim(lead_id, member=person, now=MONDAY_NOON)
    assert "张三丰" in client.get(f"/leads/{lead_id}").content.decode()


def test_a_closer_look_is_counted_once_a_day_and_refused_beyond(company: Company) -> None:
    policy(company, views_per_day=1)
    first, second = pooled(company, 1), pooled(company, 2)
    person = company.people[0]
    client = browser(person)
    page = client.get(f"/leads/{first}").content.decode()
    assert "张三丰" not in page
    assert "Look closer (1 left today)" in page
    assert client.get(f"/leads/{first}/call").status_code == 302
    assert client.post(f"/leads/{first}/reveal", {"purpose": "call"}).status_code == 409
    assert not Opening.objects.exists()
    for _ in range(2):
        opened = client.post(f"/leads/{first}/open", follow=True).content.decode()
        assert "张三丰" in opened
    assert Opening.objects.count() == 1
    refused = client.post(f"/leads/{second}/open", follow=True).content.decode()
    assert "You can still claim them" in refused
    assert "张三丰" not in refused
    today = Opening.objects.get().at
    with pytest.raises(ViewsSpent):
        open_lead(second, member=person, now=today)
    assert client.get(f"/leads/{second}").status_code == 200
    assert "张三丰" in browser(company.manager).get(f"/leads/{second}").content.decode()


def test_capacity_still_holds(company: Company) -> None:
    lead_id, seat = pooled(company), company.seats[0]
    seat.capacity = 0
    seat.save(update_fields=["capacity"])
    with pytest.raises(CapacityReached):
        claim(lead_id, member=seat.member, now=MONDAY_NOON)


def test_little_is_left_of_hidden_names() -> None:
    assert [veiled(name) for name in ("张三丰", "Anna", "")] == ["张**", "A**", ""]
    assert [veiled_company(name) for name in ("昆山锐达", "")] == ["昆山***", ""]
