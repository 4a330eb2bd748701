"""The rules of the pools, as managers set them: by team, by stage, and for the company's pool."""

from uuid import uuid4

import pytest
from django.test import Client

from clew.access.models import Member
from clew.base.models import Entry
from clew.handoff.pools.models import PoolPolicy
from clew.pipeline.moves.models import Stage
from clew.pipeline.recycling.models import Patience
from tests.company import Company, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return found()


def browser(who: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(who)
    return client


def test_a_manager_sets_when_leads_go_back_and_who_may_claim(company: Company) -> None:
    client, offer = (
        browser(company.manager),
        Stage.objects.get(pipeline__side="online", key="offer"),
    )
    assert "Nothing goes back by itself" in client.get("/pools").content.decode()
    sent = {
        "once": str(uuid4()),
        "uncontacted_hours": "0.5",
        "idle_days_high": "3",
        "turns": "2",
        "claims_per_day": "10",
        "waits_hours": "12",
        "is_veiled": "on",
        f"stage_{offer.pk}": "5",
    }
    page = client.post(f"/pools/{company.online.pk}", sent, follow=True).content.decode()
    assert "Back without a first call within 0.5 working hours" in page
    assert "10 claims per person and day" in page
    policy = PoolPolicy.objects.get(team=company.online)
    assert (policy.uncontacted_minutes, policy.idle_days_high, policy.turns) == (30, 3, 2)
    assert list(Patience.objects.values_list("stage", "days")) == [(offer.pk, 5)]
    assert Entry.objects.filter(name="PoolPolicySet").count() == 1
    again = client.get(f"/pools/{company.online.pk}").content.decode()
    assert 'value="0.5"' in again
    assert 'value="5"' in again


@pytest.mark.parametrize(
    "wrong",
    [
        {"uncontacted_hours": "-1"},
        {"idle_days_high": "0"},
        {"turns": "many"},
        {"is_public": "on", "turns": "1"},
    ],
)
def test_what_cannot_hold_is_refused_and_changes_nothing(
    company: Company, wrong: dict[str, str]
) -> None:
    sent = {"once": str(uuid4()), **wrong}
    answer = browser(company.manager).post(f"/pools/{company.online.pk}", sent)
    assert answer.status_code == 422
    assert not PoolPolicy.objects.exists()


def test_only_administrators_set_the_companys_pool(company: Company) -> None:
    sent = {"once": str(uuid4()), "claims_per_day": "5"}
    assert browser(company.manager).post("/pools/company", sent).status_code == 403
    page = browser(company.administrator).post("/pools/company", sent, follow=True)
    assert "5 claims per person and day" in page.content.decode()
    assert PoolPolicy.objects.get(team=None).claims_per_day == 5


def test_another_teams_pool_is_not_there(company: Company) -> None:
    assert browser(company.manager).get(f"/pools/{company.offline.pk}").status_code == 404
