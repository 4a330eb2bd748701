"""Loss review: drawn by chance from each person and reason, looked at once, tried again with a reason."""

import re
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from clew.access.models import Member, Role
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.reviews.actions import draw_sample, judge
from clew.pipeline.reviews.errors import LossMoved, NothingLost, ReviewDone, WhyUnsaid
from clew.pipeline.reviews.models import Review, Sample
from clew.pipeline.reviews.queries import judged, losses
from clew.pipeline.reviews.rules import Loss, draw
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found, member

pytestmark = pytest.mark.django_db
SINCE, LATER = MONDAY_NOON - timedelta(days=1), MONDAY_NOON + timedelta(hours=1)
LOSSES = st.lists(st.tuples(st.integers(1, 4), st.sampled_from("abc")), max_size=60)


@given(LOSSES, st.integers(1, 50), st.text(max_size=8))
def test_a_draw_takes_from_each_stratum_its_part_and_is_the_same_again(
    given_: list[tuple[int, str]], size: int, seed: str
) -> None:
    pool = [Loss(UUID(int=n), who, why) for n, (who, why) in enumerate(given_)]
    drawn = draw(pool, size, seed)
    assert draw(list(reversed(pool)), size, seed) == drawn
    assert len(set(drawn)) == len(drawn) == min(size, len(pool))
    strata = Counter((one.member_id, one.reason) for one in pool)
    taken = Counter((one.member_id, one.reason) for one in drawn)
    if len(strata) <= size:
        assert taken.keys() == strata.keys()
    for one, count in taken.items():
        assert count <= strata[one]
        if len(strata) <= size < len(pool):
            assert count <= strata[one] * size / len(pool) + 1


def test_whom_it_draws_hangs_on_the_seed() -> None:
    pool = [Loss(UUID(int=n), 1, "a") for n in range(40)]
    first = {draw(pool, 1, str(seed))[0].lead_id for seed in range(40)}
    assert len(first) > 15


def lost(at: Company, count: int, by: int = 0, reason: str = "lost_price") -> list[UUID]:
    leads = [enquire(at.site, phone=f"138{by}234{n:04d}", **HOT) for n in range(count)]
    for lead_id in leads:
        seat = at.seats[by]
        handoff.assign(lead_id, seat_id=seat.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
        close_lead(lead_id, reason=reason, member=seat.member, now=MONDAY_NOON)
    return leads


def drawn(at: Company, size: int = 10, seed: str = "") -> list[Review]:
    sample = draw_sample(
        at.online.pk,
        SINCE,
        LATER,
        size=size,
        seed=seed or uuid4().hex,
        member=at.manager,
        now=LATER,
    )
    return list(sample.reviews.order_by("pk"))


def test_the_same_seed_draws_once() -> None:
    at = found((1, 1))
    lost(at, 4)
    first = drawn(at, 2, "s")
    assert drawn(at, 2, "s") == first
    with pytest.raises(IntegrityError, match="sample_once_per_seed"), transaction.atomic():
        Sample.objects.create(
            team=at.online, since=SINCE, until=LATER, seed="s", of_count=1, drawn_at=LATER,
            drawer=at.manager,
        )  # fmt: skip


def test_a_form_that_is_sent_twice_draws_once() -> None:
    at = found((1,))
    lost(at, 15)
    client = browser(at.manager, "en")
    address = reverse("office:draw_reviews", args=[at.online.pk])
    with time_machine.travel(LATER, tick=False):
        page = client.get(reverse("office:reviews")).text
        (once,) = re.findall(r'name="once" value="([^"]+)"', page)
        for _ in range(2):
            client.post(address, {"once": once, "days": "7", "size": "10"})
    assert Sample.objects.get().reviews.count() == 10


def test_what_people_lost_is_drawn_once_and_what_was_won_never() -> None:
    at = found((1, 1))
    lost(at, 3)
    lost(at, 2, by=1, reason="lost_silent")
    first = drawn(at, size=4)
    assert {(r.member_id, r.reason) for r in first} == {
        (at.people[0].pk, "lost_price"),
        (at.people[1].pk, "lost_silent"),
    }
    assert len(drawn(at)) == 1
    with pytest.raises(NothingLost):
        drawn(at)


def test_a_second_touch_takes_the_lead_up_again_and_counts_for_whose_loss_it_was() -> None:
    at = found((1, 1))
    lost(at, 2)
    one, other = drawn(at)
    with pytest.raises(WhyUnsaid):
        judge(one.pk, verdict="reopened", why=" ", member=at.manager, now=LATER)
    judge(one.pk, verdict="reopened", why="没问预算", member=at.manager, now=LATER)
    judge(other.pk, verdict="agreed", member=at.manager, now=LATER)
    stands = Placement.objects.get(lead=one.lead_id, closed_at=None)
    assert (stands.kind, stands.seat_id) == ("person", at.seats[0].pk)
    (counted,) = judged(at.manager)
    assert (counted.name, counted.looked_at, counted.reopened) == (at.people[0].name, 2, 1)
    with pytest.raises(ReviewDone):
        judge(one.pk, verdict="agreed", member=at.manager, now=LATER)


def test_what_was_taken_up_meanwhile_is_not_taken_up_again() -> None:
    at = found((1,))
    (lead_id,) = lost(at, 1)
    (review,) = drawn(at)
    handoff.reopen(lead_id, actor=TESTER, now=LATER)
    with pytest.raises(LossMoved):
        judge(review.pk, verdict="reopened", why="x", member=at.manager, now=LATER)
    close_lead(lead_id, reason="lost_need", member=at.people[0], now=LATER)
    assert [loss.reason for loss, _ in losses(at.online.pk, SINCE, LATER + timedelta(1))] == [
        "lost_need"
    ]


@pytest.mark.parametrize(("language", "told"), [("en", "Second touch"), ("zh-hans", "再联系一次")])
def test_the_page_draws_and_decides_and_belongs_to_the_teams_managers(
    language: str, told: str
) -> None:
    at = found((1,))
    lost(at, 2)
    client = browser(at.manager, language)
    drawn(at)
    page = client.get(reverse("office:reviews")).text
    assert told in page
    review = Review.objects.earliest("pk")
    address = reverse("office:say_review", args=[review.pk])
    boss = member(at.organisation, "boss", Role.MANAGER, at.offline)
    assert browser(boss, language).post(address, {"verdict": "agreed"}).status_code == 404
    assert (
        browser(boss, language)
        .post(reverse("office:draw_reviews", args=[at.online.pk]))
        .status_code
        == 404
    )
    client.post(address, {"verdict": "reopened", "why": "x"})
    review.refresh_from_db()
    assert review.verdict == "reopened"
    assert "100%" in client.get(reverse("office:reviews")).text


def browser(who: Member, language: str) -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(who)
    return client
