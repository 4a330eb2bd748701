"""The board and the pages of stages, as people use them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from clew.access.models import Member
from clew.handoff.actions.leads import claim
from clew.handoff.models import Placement
from clew.pipeline.filters import Filter
from clew.pipeline.leads import leads
from clew.pipeline.moves.actions.leads import Leaving, estimate, leave, move
from clew.pipeline.moves.board import board, seen_exits
from clew.pipeline.moves.course import course
from clew.pipeline.moves.models import Estimate, Exit, ExitReason, Pipeline, Stage, Usual
from tests.company import HOT, enquire
from tests.pipeline.desk import NOON, Desk, desk
from tests.pipeline.moves.test_moves import reason, settle, stage, stands

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with time_machine.travel(NOON + HOUR, tick=False):
        yield


def client(member: Member) -> Client:
    made = Client()
    made.force_login(member)
    return made


def several(at: Desk, count: int) -> None:
    for number in range(count):
        lead_id = enquire(at.company.site, phone=f"139{number:08d}", **HOT)
        if Placement.objects.filter(lead=lead_id, closed_at=None, kind="pool").exists():
            claim(lead_id, member=at.holder, now=NOON)


def shown(member: Member, side: str = "online") -> dict[str, int]:
    pipeline = Pipeline.objects.get(side=side)
    return {
        c.stage.key: c.count
        for c in board(member, pipeline, timezone.localtime()).columns
        if c.count
    }


def test_the_board_shows_each_one_as_much_as_they_may_see() -> None:
    at = desk()
    several(at, 5)
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    own = Placement.objects.filter(seat__member=at.holder, closed_at=None).count()
    assert sum(shown(at.holder).values()) == own < 6
    assert shown(at.holder)["offer"] == 1
    assert shown(at.company.manager) == {"asked": 5, "offer": 1}
    assert shown(at.company.administrator) == {"asked": 5, "offer": 1}
    assert not shown(at.company.administrator, "offline")
    page = client(at.company.administrator).get(reverse("moves:board") + "?side=offline")
    assert page.status_code == 200
    assert client(at.holder).get(reverse("moves:board") + "?side=moon").status_code == 404


def test_the_board_of_one_person_shows_their_leads_and_exits_alone() -> None:
    at = desk()
    several(at, 5)
    manager, own = at.company.manager, at.holder
    other = next(one for one in at.company.people if one != own)
    for who in (own, other):
        lead_id = Placement.objects.filter(seat__member=who, closed_at=None)[0].lead_id
        leave(lead_id, Leaving(reason("silent", "asked").pk), member=who, now=NOON)
    settle()
    for viewer, asked, whose in (
        *((manager, one, one) for one in at.company.people),
        (own, other, own),
    ):
        online = Pipeline.objects.get(side="online")
        columns = board(viewer, online, timezone.localtime(), holder=asked.pk).columns
        held = Placement.objects.filter(seat__member=whose, closed_at=None, kind="person")
        cards = {card.lead.lead_id for column in columns for card in column.cards}
        assert cards == set(held.values_list("lead", flat=True))
        assert sum(column.exit_count for column in columns) == (whose in {own, other})
        seen = client(viewer).get(reverse("moves:board"), {"holder": asked.pk})
        assert seen.context["board"].count == len(cards)


def test_every_number_of_the_board_opens_the_leads_that_it_counts() -> None:
    at = desk()
    several(at, 6)
    every = list(
        Placement.objects.filter(closed_at=None, kind="person").values_list("lead", flat=True)
    )
    manager = at.company.manager
    for number, lead_id in enumerate(every):
        if number % 2:
            move(lead_id, stage("offer").pk, member=manager, now=NOON)
        if number % 3 == 2:
            key = "offer" if number % 2 else "asked"
            gone = Leaving(reason("silent", key).pk)
            leave(lead_id, gone, member=manager, now=NOON)
    settle()
    now = timezone.localtime()
    for column in board(manager, Pipeline.objects.get(side="online"), now).columns:
        there = Filter(place="person", at=str(column.stage.pk))
        assert len(leads(manager, there).rows) == column.count
        since = (now - timedelta(days=30)).date().isoformat()
        left = Filter(left=str(column.stage.pk), left_since=since)
        assert len(leads(manager, left).rows) == column.exit_count
    assert seen_exits(manager).count() == 2
    assert not leads(manager, Filter(at="77777")).rows
    assert not leads(manager, Filter(left="x", why="y")).rows
    assert not leads(manager, Filter(left_since="tomorrow")).rows


def test_the_board_takes_as_many_statements_whatever_it_shows() -> None:
    at = desk()
    page, viewer = reverse("moves:board"), client(at.company.manager)
    viewer.get(page)
    with CaptureQueriesContext(
        connection,
    ) as few:
        viewer.get(page)
    several(at, 9)
    for lead_id in Placement.objects.filter(closed_at=None, kind="person").values_list(
        "lead", flat=True
    ):
        estimate(lead_id, 5, member=at.company.manager, now=NOON)
    with CaptureQueriesContext(connection) as many:
        viewer.get(page)
    assert len(many) == len(few) < 25


def test_what_has_been_in_a_stage_for_long_is_marked_beside_what_is_usual() -> None:
    at = desk()
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON - 72 * HOUR)
    Usual.objects.create(
        stage=stage("offer"), stay_count=20, seconds=24 * 3600, passed_bp=5000, counted_at=NOON
    )
    seen = board(at.holder, Pipeline.objects.get(side="online"), timezone.localtime())
    assert seen.long_count == 1
    text = client(at.holder).get(reverse("moves:board")).content.decode()
    assert "c-stale" in text
    Usual.objects.update(stay_count=19)
    assert "c-stale" not in client(at.holder).get(reverse("moves:board")).content.decode()


def test_a_card_is_moved_by_its_menu_and_by_a_script() -> None:
    at = desk()
    url = reverse("moves:move", args=[at.lead_id])
    sent = {
        "stage": stage("offer").pk,
        "seen": stage("asked").pk,
        "back": "board",
        "side": "online",
    }
    answer = client(at.holder).post(url, sent)
    assert answer["Location"] == reverse("moves:board") + "?side=online"
    assert stands(at.lead_id) == "offer"
    late = client(at.holder).post(
        url, sent, headers={"X-Fragment": "1", "Accept": "application/json"}
    )
    assert late.status_code == 409
    assert late.json()["code"] == "lead_elsewhere"
    sent |= {"seen": stage("offer").pk, "stage": stage("comparison").pk}
    assert client(at.holder).post(url, sent, headers={"X-Fragment": "1"}).status_code == 204
    assert client(at.holder).post(url, {"stage": "x"}).status_code == 404
    other = next(one for one in at.company.people if one != at.holder)
    assert client(other).post(url, sent).status_code == 404


def test_a_lead_leaves_by_two_clicks_and_says_where_it_went() -> None:
    at = desk()
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    asked = client(at.holder).get(reverse("moves:finish", args=[at.lead_id])).content.decode()
    price = reason("price", "offer")
    assert f'id="r-{price.pk}"' in asked
    url = reverse("moves:leave", args=[at.lead_id])
    wrong = client(at.holder).post(url, {"reason": price.pk, "price": "viel"})
    assert wrong.status_code == 422
    answer = client(at.holder).post(url, {"reason": price.pk, "rival": "汇川", "price": "5800.50"})
    assert answer.status_code == 302
    assert Exit.objects.get().price_minor == 580_050
    told = (
        client(at.company.manager).get(reverse("pipeline:lead", args=[at.lead_id])).content.decode()
    )
    assert "汇川 · ¥5,800.50" in told


def test_the_path_of_a_lead_shows_what_was_and_the_way_back() -> None:
    at = desk()
    for key, hours in (("icebreaking", 1), ("offer", 2), ("icebreaking", 3)):
        move(at.lead_id, stage(key).pk, member=at.holder, now=NOON + hours * HOUR, note="再看看")
    placement = Placement.objects.get(lead=at.lead_id, closed_at=None)
    with translation.override("en"):
        drawn = course(at.lead_id, placement, NOON + 4 * HOUR)
    assert drawn is not None
    titles = [(stop.title, stop.state) for stop in drawn.stops]
    assert titles[:3] == [("Asked", "done"), ("Ice-breaking", "now"), ("Offer", "done")]
    assert ("Consultation", "done") not in titles
    assert [back.why for back in drawn.backs] == ["再看看"]
    page = client(at.holder).get(reverse("pipeline:lead", args=[at.lead_id]))
    assert page.status_code == 200


def test_an_amount_that_cannot_be_read_says_how_it_is_written() -> None:
    at = desk()
    url = reverse("moves:estimate", args=[at.lead_id])
    assert client(at.holder).post(url, {"value": "viel"}).status_code == 422
    assert client(at.holder).post(url, {"value": "12800.50"}).status_code == 302
    assert Estimate.objects.get().value_minor == 1_280_050


def test_managers_write_stages_and_reasons_and_salespeople_do_not() -> None:
    at = desk()
    boss = client(at.company.manager)
    pipeline = Pipeline.objects.get(side="online")
    new = reverse("moves:new_stage", args=[pipeline.pk])
    sent = {"name_zh": "试样", "name_en": "Sample", "lift": "2.5", "enters_on": ""}
    assert client(at.holder).get(new).status_code == 403
    assert boss.post(new, sent | {"name_en": " "}).status_code == 422
    assert boss.post(new, sent | {"enters_on": "won"}).status_code == 409
    assert boss.post(new, sent | {"lift": "much"}).status_code == 422
    assert boss.post(new, sent).status_code == 302
    made = Stage.objects.get(name_en="Sample")
    assert made.lift_bp == 250
    assert made.position == 12
    boss.post(reverse("moves:put_stage", args=[made.pk]), {"way": "up"})
    assert Stage.objects.get(pk=made.pk).position == 11
    assert stage("recommendation").position == 12
    boss.post(
        reverse("moves:new_reason", args=[made.pk]),
        {"name_zh": "样品不行", "name_en": "Sample failed", "end": "lost_need"},
    )
    wrote = ExitReason.objects.get(name_en="Sample failed")
    boss.post(
        reverse("moves:new_reason", args=[made.pk]),
        {"name_zh": "成", "name_en": "Won", "end": "won"},
    )
    assert made.exit_reasons.count() == 1
    boss.post(reverse("moves:retire_reason", args=[wrote.pk]))
    assert made.exit_reasons.filter(retired_at=None).count() == 0
    page = boss.get(reverse("moves:stage", args=[made.pk]))
    assert page.status_code == 200


def test_a_stage_is_retired_only_into_another_one() -> None:
    at = desk()
    boss = client(at.company.manager)
    gone = stage("comparison")
    url = reverse("moves:retire_stage", args=[gone.pk])
    for into in ("", str(gone.pk), str(stage("visit", "offline").pk), "x", "9" * 5000):
        boss.post(url, {"into": into})
        assert stage("comparison").retired_at is None
    boss.post(url, {"into": stage("meeting").pk})
    assert stage("comparison").into == stage("meeting")
    assert boss.post(url, {"into": stage("meeting").pk}).status_code == 404
