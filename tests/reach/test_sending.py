"""Robots are told once, within their limits; whoever fails loses nothing and keeps nobody waiting."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings

from clew.access.models import Member, Team
from clew.base.sealing import SealBroken
from clew.base.targets import read_targets
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.seats import join
from clew.reach.actions import outlets, sending
from clew.reach.actions.notices import read
from clew.reach.actions.outlets import OutletData
from clew.reach.courier import Courier
from clew.reach.models import Delivery, Message, Notice, Outlet
from clew.reach.queries import health, serving
from clew.web import flow
from clew_peers.robots import DINGTALK, FEISHU, WECOM, Robots
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire
from tests.pipeline.desk import Desk, holder
from tests.reach.make import listen, listened, others, seat_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def robots() -> Iterator[Robots]:
    with (
        Robots() as made,
        override_settings(PRIVATE_TARGETS=read_targets(f"127.0.0.1:{made.port}")),
    ):
        yield made


class Post:
    """A courier whose clock the test sets."""

    def __init__(self) -> None:
        self.courier = Courier()
        self.now = MONDAY_NOON

    def clock(self) -> float:
        return self.now.timestamp()

    def go_on(self, **later: int) -> None:
        """Let so much time pass, and everything go out and come back."""
        self.now += timedelta(**later)
        while self.courier.go_on(self.now) or self.courier.is_busy:
            self.courier.pause(10)

    def close(self) -> None:
        self.courier.close(self.now)


@pytest.fixture
def post(robots: Robots) -> Iterator[Post]:
    made = Post()
    robots.clock = made.clock
    yield made
    made.close()


def connect(
    robots: Robots,
    company: Company,
    vendor: str = WECOM,
    *,
    key: str = "k",
    team: Team | None = None,
    member: Member | None = None,
) -> Outlet:
    secret = "" if vendor == WECOM else "SECtest"
    robots.add(vendor, key, secret)
    given = OutletData(
        vendor=vendor,
        name=key,
        team_id=None if member else (team or company.online).pk,
        member_id=member.pk if member else None,
        address=robots.address(key),
        secret=secret,
    )
    return outlets.add_outlet(given, by=company.administrator, now=MONDAY_NOON)


def come(at: Company, number: int = 0, **more: str) -> Desk:
    given = {"name": "周建国", "phone": f"138123456{number:02}", **HOT, **more}
    lead_id = enquire(at.site, **given)
    listen()
    return Desk(at, lead_id, holder(lead_id))


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.parametrize("vendor", [WECOM, DINGTALK, FEISHU])
def test_a_new_lead_is_told_once_as_a_card_that_opens_it(
    robots: Robots, post: Post, vendor: str
) -> None:
    company = listened()
    connect(robots, company, vendor)
    desk = come(company)
    post.go_on()
    post.go_on()
    said = robots.said("k")
    assert len(said) == 1
    assert any(link.endswith(f"/leads/{desk.lead_id}") for link in said[0].links)
    assert desk.holder.name in said[0].text
    assert "昆山锐达自动化设备厂" in said[0].text
    assert states() == ["sent"]
    assert robots.refused == []


@pytest.mark.parametrize("vendor", [WECOM, DINGTALK, FEISHU])
def test_nothing_that_need_not_be_said_stands_in_a_group(
    robots: Robots, post: Post, vendor: str
) -> None:
    company = listened()
    connect(robots, company, vendor)
    canaries = {
        "name": "周建国",
        "company": "锐达 139 1111 2222 [点](http://evil.example)",
        "wechat": "zhou_secret",
    }
    come(
        company,
        message="我的电话 13711112222，急要 20 台伺服电机，请报价",
        email="zhou@example.com",
        **canaries,
    )
    post.go_on()
    text = robots.said("k")[0].text
    for word in (
        "13812345600",
        "13911112222",
        "139 1111",
        "13711112222",
        "周建国",
        "zhou",
        "evil.example)",
    ):
        assert word not in text


def test_a_member_with_a_robot_alone_is_told_there(robots: Robots, post: Post) -> None:
    company = listened()
    team = connect(robots, company)
    own = [connect(robots, company, key=f"own{p.pk}", member=p) for p in company.people[:1]]
    found = serving([p.pk for p in company.people])
    assert found == {p.pk: [(team.pk, company.online.pk)] for p in company.people} | {
        company.people[0].pk: [(own[0].pk, None)]
    }
    outlets.retire_outlet(own[0].pk, by=company.administrator, now=MONDAY_NOON)
    assert serving([company.people[0].pk]) == {company.people[0].pk: [(team.pk, company.online.pk)]}


def test_a_teams_robot_hears_of_the_teams_own_leads_alone(robots: Robots, post: Post) -> None:
    company = listened()
    connect(robots, company)
    connect(robots, company, key="far", team=company.offline)
    for person in company.people:
        team = company.offline.pk
        join(team, person.pk, weight=1, capacity=9, actor=TESTER, now=MONDAY_NOON)
    desk = come(company)
    post.go_on()
    (said,) = robots.said("k")
    assert desk.holder.name in said.text
    assert robots.said("far") == []


def test_many_are_told_at_once_and_within_the_limits(robots: Robots, post: Post) -> None:
    company = listened()
    connect(robots, company)
    for number in range(30):
        come(company, number)
    post.go_on()
    said = robots.said("k")
    assert len(said) == 4
    assert sum(len({link for link in one.links if "/leads/" in link}) for one in said) == 30
    assert robots.refused == []


def test_a_robot_is_never_told_more_than_its_vendor_allows(robots: Robots, post: Post) -> None:
    company = listened()
    connect(robots, company)
    for number in range(25):
        come(company, number)
        post.go_on()
    assert len(robots.said("k")) == 20
    assert robots.refused == []
    post.go_on(seconds=61)
    assert len(robots.said("k")) == 21
    assert states() == ["sent"] * 25


def test_a_robot_that_answers_errors_for_an_hour_loses_nothing_and_keeps_nobody_waiting(
    robots: Robots, post: Post
) -> None:
    company = listened()
    broken = connect(robots, company, key="broken")
    connect(robots, company, DINGTALK, key="works")
    robots.robots["broken"].fault = "http_500"
    for minute in range(60):
        if minute < 12:
            come(company, minute)
        post.go_on(minutes=1)
    assert (
        len(robots.robots["broken"].calls) <= 12
    )  # it is tried now and then, and not again and again
    assert len([link for one in robots.said("works") for link in one.links]) == 12
    sick = next(one for one in health(post.now) if one.outlet == broken)
    assert (sick.tone, sick.waiting) == ("late", 12)
    robots.robots["broken"].fault = ""
    post.go_on(minutes=16)
    links = [link for one in robots.said("broken") for link in one.links if "/leads/" in link]
    assert len(links) == len(set(links)) == 12
    assert health(post.now)[0].tone == "ok"


def test_five_failures_open_the_breaker_and_it_closes_by_itself(robots: Robots, post: Post) -> None:
    company = listened()
    outlet = connect(robots, company)
    robots.robots["k"].fault = "errcode:93000"
    come(company)
    for _ in range(5):
        post.go_on(seconds=41)
    outlet.refresh_from_db()
    assert (outlet.failures, outlet.problem) == (5, "93000")
    tried = len(robots.refused)
    post.go_on(seconds=30)
    assert len(robots.refused) == tried == 5
    robots.robots["k"].fault = ""
    post.go_on(seconds=31)
    outlet.refresh_from_db()
    assert (outlet.failures, outlet.problem, states()) == (0, "", ["sent"])


def test_what_was_read_meanwhile_is_not_told_any_more(robots: Robots, post: Post) -> None:
    company = listened()
    connect(robots, company)
    robots.robots["k"].fault = "http_500"
    desk = come(company)
    post.go_on()
    read(desk.holder, post.now)
    robots.robots["k"].fault = ""
    post.go_on(minutes=1)
    assert robots.said("k") == []
    assert states() == ["dropped"]


def test_what_somebody_else_has_by_now_is_told_to_them_alone(robots: Robots, post: Post) -> None:
    company = listened()
    connect(robots, company)
    robots.robots["k"].fault = "http_500"
    desk = come(company)
    post.go_on()
    to = seat_of(others(desk)[0])
    handoff.assign(desk.lead_id, seat_id=to.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    listen()
    robots.robots["k"].fault = ""
    post.go_on(minutes=1)
    (said,) = robots.said("k")
    assert to.member.name in said.text
    assert desk.holder.name not in said.text


def test_who_was_told_of_a_lead_is_told_that_somebody_else_has_it(
    robots: Robots, post: Post
) -> None:
    company = listened()
    connect(robots, company)
    desk = come(company)
    post.go_on()
    to = seat_of(others(desk)[0])
    handoff.assign(desk.lead_id, seat_id=to.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    listen()
    post.go_on(minutes=1)
    said = robots.said("k")
    assert len(said) == 2
    assert desk.holder.name in said[1].text


@pytest.mark.parametrize("fault", ["deaf", "crawl"])
def test_where_no_answer_came_nobody_claims_to_know(
    robots: Robots, post: Post, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clew.base.outgoing.SECONDS", 0.3)
    monkeypatch.setattr("clew.base.outgoing.post.__kwdefaults__", {"seconds": 0.3})
    company = listened()
    connect(robots, company)
    robots.robots["k"].fault = fault
    come(company)
    post.go_on()
    assert states() == ["unknown"]
    robots.robots["k"].fault = ""
    post.go_on(hours=1)
    assert states() == ["unknown"]
    assert len(robots.said("k")) == (1 if fault == "deaf" else 0)


def test_a_dead_robot_keeps_no_other_waiting(
    robots: Robots, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clew.base.outgoing.post.__kwdefaults__", {"seconds": 5.0})
    company = listened()
    connect(robots, company, key="dead")
    connect(robots, company, FEISHU, key="alive")
    robots.robots["dead"].fault = "deaf"
    come(company)
    assert post.courier.go_on(post.now)
    while not robots.said("alive"):
        time.sleep(0.02)
    assert post.courier.is_busy
    under_way = post.courier._robots.under_way
    assert not any(one.done() for one, e in under_way.items() if _is_of(e, "dead"))


def _is_of(errand: sending.Errand, name: str) -> bool:
    return Outlet.objects.get(pk=errand.outlet_id).name == name


def test_a_worker_that_dies_between_leaves_it_unknown_and_not_told_twice(
    robots: Robots, post: Post
) -> None:
    company = listened()
    connect(robots, company)
    come(company)
    assert len(sending.claim(post.now)) == 1
    post.go_on(seconds=30)
    assert (states(), robots.said("k")) == (["sending"], [])
    post.go_on(seconds=31)
    post.go_on(hours=1)
    assert (states(), robots.said("k")) == (["unknown"], [])
    come(company, 1)
    post.go_on()
    assert states() == ["unknown", "sent"]


def test_a_robot_is_told_one_thing_at_a_time(robots: Robots, post: Post) -> None:
    company = listened()
    connect(robots, company)
    come(company)
    assert len(sending.claim(post.now)) == 1
    come(company, 1)
    assert sending.claim(post.now) == []


def test_too_many_is_taken_for_what_it_is(robots: Robots, post: Post) -> None:
    company = listened()
    outlet = connect(robots, company)
    robots.robots["k"].fault = "http_429"
    come(company)
    post.go_on()
    outlet.refresh_from_db()
    assert (outlet.failures, outlet.problem, states()) == (0, "http_429", ["waiting"])
    robots.robots["k"].fault = ""
    post.go_on(seconds=59)
    assert states() == ["waiting"]
    post.go_on(seconds=2)
    assert states() == ["sent"]


def test_a_wrong_secret_is_said(robots: Robots, post: Post) -> None:
    company = listened()
    outlet = connect(robots, company, FEISHU)
    robots.robots["k"].secret = "another"
    come(company)
    post.go_on()
    assert robots.refused == [("k", 19021)]
    outlet.refresh_from_db()
    assert outlet.problem == "19021"


def test_what_waited_for_a_day_is_not_told_any_more(robots: Robots, post: Post) -> None:
    company = listened()
    connect(robots, company)
    robots.robots["k"].fault = "http_500"
    come(company)
    post.go_on()
    robots.robots["k"].fault = ""
    Delivery.objects.update(due_at=post.now - timedelta(hours=24))
    post.go_on(minutes=1)
    assert (states(), robots.said("k")) == (["failed"], [])


def test_a_test_is_sent_and_its_end_is_kept(robots: Robots, post: Post) -> None:
    company = listened()
    outlet = connect(robots, company)
    for _ in range(2):
        outlets.try_outlet(outlet.pk, by=company.administrator, now=post.now)
    post.go_on()
    (said,) = robots.said("k")
    assert "k" in said.text
    assert Message.objects.get().state == "sent"
    assert health(post.now)[0].minute == 1


def test_an_address_inside_is_not_called_and_said(robots: Robots, post: Post) -> None:
    company = listened()
    outlet = connect(robots, company)
    with override_settings(PRIVATE_TARGETS=[]):
        come(company)
        post.go_on()
    outlet.refresh_from_db()
    assert (outlet.problem, robots.connections, states()) == ("target_inside", 0, ["waiting"])


def test_addresses_and_secrets_are_sealed(robots: Robots) -> None:
    company = listened()
    outlet = connect(robots, company, DINGTALK)
    with connection.cursor() as cursor:
        cursor.execute("select address::bytea, secret::bytea from reach_outlet")
        kept = b"".join(bytes(part) for part in cursor.fetchone())
    assert b"SECtest" not in kept
    assert b"access_token" not in kept
    Outlet.objects.filter(pk=outlet.pk).update(secret=outlet.address)
    come(company)
    assert sending.claim(MONDAY_NOON + timedelta(minutes=1)) == []
    outlet.refresh_from_db()
    assert outlet.problem == SealBroken.code


def test_undoing_a_lead_takes_what_was_sent_of_it_along(robots: Robots, post: Post) -> None:
    company = listened()
    connect(robots, company)
    desk = come(company)
    post.go_on()
    assert flow.undo([desk.lead_id], post.now).leads == 1
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()
