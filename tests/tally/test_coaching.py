"""Coaching: each person's steps are what a plain recount gives, and chance is not called skill."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clew.access.models import Member
from clew.contacts.models import Lead
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead, log_call
from clew.pipeline.models import Call, FirstContact
from clew.tally.coaching import coaching
from clew.tally.rules import Verdict
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.pipeline.commission.steps import followed
from tests.pipeline.desk import call
from tests.tally.histories import live

pytestmark = pytest.mark.django_db
SINCE, UNTIL = MONDAY_NOON - timedelta(days=1), MONDAY_NOON + timedelta(days=30)


def lost_by(at: Company, who: int, answered: int, unanswered: int) -> None:
    """Let somebody call so many leads that answer, and so many that do not, and end all of them."""
    for number in range(answered + unanswered):
        lead_id = enquire(at.site, phone=f"138{who}234{number:04d}", **HOT)
        seat = at.seats[who]
        handoff.assign(lead_id, seat_id=seat.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
        result = Call.Result.ANSWERED if number < answered else Call.Result.NO_ANSWER
        log_call(lead_id, call(result), member=seat.member, now=MONDAY_NOON)
        close_lead(lead_id, reason="lost_need", member=seat.member, now=MONDAY_NOON)
    followed(MONDAY_NOON)


@pytest.mark.parametrize("seed", range(3))
def test_the_steps_are_what_a_plain_recount_gives(seed: int) -> None:
    company, _now = live(seed)
    for team in (company.online, company.offline):
        found_ = coaching(team, SINCE, UNTIL)
        for person in found_.people:
            own = [
                lead
                for lead in Lead.objects.filter(is_history=False, opened_at__gte=SINCE)
                if _held(lead, person.member_id, team.pk)
            ]
            assert person.leads == len(own)
            far = [_step(lead) for lead in own]
            over = [lead.ended_at is not None for lead in own]
            for at, step in enumerate(person.steps):
                passed = sum(f > at for f in far)
                stuck = sum(f == at and o for f, o in zip(far, over, strict=True))
                assert (step.own.part, step.own.whole) == (passed, passed + stuck)
        sums = [sum(p.steps[at].own.whole for p in found_.people) for at in range(3)]
        assert sums == [one.whole for one in found_.whole]


def _held(lead: Lead, member_id: int, team_id: int) -> bool:
    last = Placement.objects.filter(lead=lead, kind="person").order_by("-pk").first()
    return bool(
        last and last.seat and (last.seat.member_id, last.seat.team_id) == (member_id, team_id)
    )


def _step(lead: Lead) -> int:
    if Placement.objects.filter(lead=lead, closed_at=None, kind="closed", reason="won").exists():
        return 3
    contact = FirstContact.objects.filter(lead=lead).first()
    return 0 if contact is None else 2 if contact.answered_at else 1


def test_who_reaches_far_fewer_is_marked_and_told_in_words_and_alike_ones_are_not() -> None:
    at = found((1, 1, 1))
    lost_by(at, 0, 12, 2)
    lost_by(at, 1, 13, 1)
    lost_by(at, 2, 2, 12)
    found_ = coaching(at.online, SINCE, UNTIL)
    marks = {p.name: [step.verdict for step in p.steps] for p in found_.people}
    assert marks["Sales2"][1] == Verdict.BELOW
    assert Verdict.BELOW not in marks["Sales0"] + marks["Sales1"]
    client = Client(headers={"accept-language": "en"})
    client.force_login(at.manager)
    page = client.get(reverse("office:coaching") + "?opened=365d").text
    assert "▼" in page
    assert "Loses most at “Answered”: 14% go on, with the others 89%." in page
    left = [(stage.whole.part, stage.whole.whole) for stage in found_.stages]
    assert sum(whole - part for part, whole in left) == 42  # each left one stage


def test_a_manager_sees_the_teams_that_they_lead() -> None:
    company, _now = live(1)
    far = Member.objects.get(username="far")
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(far)
    page = client.get(reverse("office:coaching") + f"?team={company.online.pk}").text
    assert company.online.name not in page
    assert company.offline.name in page
