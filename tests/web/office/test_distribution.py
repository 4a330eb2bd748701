"""A manager decides who gets what, in the browser."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from clew.access.models import Member, Role, Team
from clew.handoff.actions.methods import Taking, set_method
from clew.handoff.actions.seats import join
from clew.handoff.models import Calendar, Method, Pilot, Placement, Routing, RoutingDraft
from clew.web.office.distribution import pages
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, member
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db
EMPTY: dict[str, Any] = {
    **dict.fromkeys(("words", "regions", "categories", "name", "start", "end"), ""),
    **dict.fromkeys(("is_introduced", "is_online", "has_company", "second", "third"), ""),
    "into": "method",
}


@pytest.fixture
def manager(company: Company, browser: Browser) -> Client:
    return browser(company.manager)


@pytest.fixture
def li(company: Company) -> Team:
    team = Team.objects.create(organisation=company.organisation, name="Li's team")
    taking = Taking(Method.Side.RULES, Calendar.objects.get().pk)
    set_method(team.pk, taking, actor=TESTER, now=MONDAY_NOON)
    who = member(company.organisation, "li", Role.SALESPERSON)
    join(team.pk, who.pk, weight=1, capacity=9, actor=TESTER, now=MONDAY_NOON)
    return team


def filled(to: Team, **given: Any) -> dict[str, Any]:
    return {**EMPTY, "team": str(to.pk), "edition": edition(), "once": str(uuid4()), **given}


def edition() -> int:
    return next(iter(RoutingDraft.objects.values_list("edition", flat=True)), 1)


def sent(**given: Any) -> dict[str, Any]:
    return {"edition": edition(), "once": str(uuid4()), **given}


def words(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_rule_is_written_tried_published_and_then_decides(
    manager: Client,
    company: Company,
    li: Team,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "clock", lambda: MONDAY_NOON)  # a working hour
    old = enquire(company.site, phone="13812345670", region="江苏苏州", category="伺服", **HOT)
    data = filled(li, levels=["3"], words="伺服, servo", regions="江苏", name="Servo to Li")
    assert manager.post("/distribution/draft/new", data).status_code == 302
    draft = words(manager.get("/distribution/draft"))
    assert "High intent" in draft
    assert "mentions 伺服 or servo" in draft
    assert "would have fitted 1 past lead" in draft
    played = {"level": "3", "source": "site", "region": "昆山", "wanted": "servo"}
    assert "it is the turn of <b>Li</b>" in words(manager.get("/distribution/draft", played))
    assert Placement.objects.get(lead=old, closed_at=None).team == company.online
    assert manager.post("/distribution/draft/publish", sent()).status_code == 302
    new = enquire(company.site, phone="13812345671", region="江苏苏州", category="伺服", **HOT)
    assert Placement.objects.get(lead=new, closed_at=None).team == li
    assert "Servo to Li" in words(manager.get("/distribution"))
    holder = Member.objects.get(seats__placements__lead=new)
    assert "<b>Servo to Li</b>" in words(browser(holder).get(f"/leads/{new}/why"))


def test_what_cannot_be_is_said_beside_the_field_and_what_was_typed_stays(
    manager: Client, li: Team
) -> None:
    for wrong, said in (
        ({"regions": "鼓楼区"}, "is in several places: 南京, 徐州, 福州, 开封"),
        ({"regions": "亚特兰蒂斯"}, "is no region that is known here"),
        ({"start": "9"}, "Give both hours or none."),
        ({"start": "9", "end": "9"}, "no hour is left"),
        ({"team": "99999"}, "Select a valid choice"),
        ({"sources": ["gone"]}, "Select a valid choice"),
        ({"name": "x" * 81}, "at most 80 characters"),
    ):
        answer = manager.post("/distribution/draft/new", filled(li, **{"words": "伺服", **wrong}))
        assert answer.status_code == 422
        assert said in words(answer), wrong
        assert 'value="伺服"' in words(answer)
    assert not RoutingDraft.objects.exists()


def test_a_circle_of_teams_is_marked_and_cannot_be_published(manager: Client, li: Team) -> None:
    manager.post("/distribution/draft/new", filled(li, second=str(li.pk)))
    assert "A lead would go round in a circle." in words(manager.get("/distribution/draft"))
    answer = manager.post("/distribution/draft/publish", sent())
    assert answer.status_code == 422
    assert "It is marked in the draft." in words(answer)
    assert not Routing.objects.exists()


def test_a_rule_that_is_never_reached_is_said_so_until_it_is_moved_up(
    manager: Client, company: Company, li: Team
) -> None:
    manager.post("/distribution/draft/new", filled(company.online, name="all"))
    manager.post("/distribution/draft/new", filled(li, words="伺服"))
    assert "taken before by “all”" in words(manager.get("/distribution/draft"))
    assert manager.post("/distribution/draft/2/up", sent()).status_code == 302
    assert "taken before by" not in words(manager.get("/distribution/draft"))
    assert manager.post("/distribution/draft/2/remove", sent()).status_code == 302
    assert [rule["team"] for rule in RoutingDraft.objects.get().rules] == [li.pk]


def test_whoever_publishes_what_another_has_just_changed_is_refused(
    manager: Client, admin: Client, li: Team
) -> None:
    manager.post("/distribution/draft/new", filled(li, words="伺服"))
    seen = sent()
    admin.post("/distribution/draft/new", filled(li, words="减速机"))
    answer = manager.post("/distribution/draft/publish", seen)
    assert answer.status_code == 422
    assert "Somebody else changed the draft meanwhile." in words(answer)
    assert len(RoutingDraft.objects.get().rules) == 2


def test_a_double_click_adds_one_rule(manager: Client, li: Team) -> None:
    data = filled(li, words="伺服")
    for _ in range(2):
        assert manager.post("/distribution/draft/new", data).status_code == 302
    assert len(RoutingDraft.objects.get().rules) == 1


def test_a_pilot_is_compared_with_the_rest_and_ended(
    manager: Client, company: Company, li: Team
) -> None:
    manager.post("/distribution/draft/new", filled(li, words="伺服"))
    data = sent(percent="100", regions="江苏")
    assert manager.post("/distribution/draft/pilot", data).status_code == 302
    enquire(company.site, phone="13812345671", region="江苏苏州", category="伺服", **HOT)
    page = words(manager.get("/distribution"))
    assert "100 %" in page
    assert "By the pilot&#x27;s rules" in page or "By the pilot's rules" in page
    pilot = Pilot.objects.get()
    assert manager.post(f"/distribution/pilots/{pilot.pk}", sent()).status_code == 302
    again = manager.post(f"/distribution/pilots/{pilot.pk}", sent(keep="yes"))
    assert "This pilot has ended already." in words(again)
    assert not Routing.objects.filter(is_trial=False).exists()


def test_an_earlier_version_is_put_back(manager: Client, li: Team) -> None:
    manager.post("/distribution/draft/new", filled(li, words="伺服"))
    manager.post("/distribution/draft/publish", sent())
    manager.post("/distribution/draft/1/remove", sent())
    manager.post("/distribution/draft/publish", sent())
    assert manager.post("/distribution/back/1", sent()).status_code == 302
    assert [len(r.rules) for r in Routing.objects.order_by("version")] == [1, 0, 1]
    assert "no such version" in words(manager.post("/distribution/back/9", sent()))


def test_a_draft_begins_again_from_what_holds(manager: Client, li: Team) -> None:
    manager.post("/distribution/draft/new", filled(li, words="伺服"))
    manager.post("/distribution/draft/publish", sent())
    manager.post("/distribution/draft/1/remove", sent())
    assert manager.post("/distribution/draft/reset", sent()).status_code == 302
    assert len(RoutingDraft.objects.get().rules) == 1


def test_a_manager_builds_the_rule_in_four_steps(manager: Client, li: Team) -> None:
    """From the menu: change the rules, add a rule, into the draft, publish."""
    for page, link in (
        ("/my-day", "/distribution"),
        ("/distribution", "/distribution/draft"),
        ("/distribution/draft", "/distribution/draft/new"),
    ):
        assert f'href="{link}"' in words(manager.get(page))
