"""Distribution rules on the belt, from the draft to the place of a lead."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import convert

from clew.access.models import Team
from clew.handoff import errors
from clew.handoff.actions.methods import Taking, set_method
from clew.handoff.actions.routing import (
    end_pilot,
    publish_draft,
    roll_back,
    start_pilot,
    write_draft,
)
from clew.handoff.actions.seats import join, set_seat
from clew.handoff.models import Calendar, Method, Pilot, Placement, Route, Routing
from clew.handoff.queries import draft, known, sent, trace
from clew.handoff.routing import Given, Rule, examine
from clew.handoff.simulation import simulate, try_on_past
from clew.web.flow import undo
from clew.web.worker import run_belt_once
from tests.company import (
    HOT,
    MONDAY_NOON,
    SUNDAY_NIGHT,
    TESTER,
    Company,
    enquire,
    found,
    member,
    submit,
)

pytestmark = pytest.mark.django_db
NOW = MONDAY_NOON
SERVO = {**HOT, "category": "伺服", "region": "江苏苏州"}


@pytest.fixture
def company() -> Company:
    return found(weights=(1, 1))


@pytest.fixture
def li(company: Company) -> Team:
    """Li's team, which takes only what rules send it, with one seat."""
    team = Team.objects.create(organisation=company.organisation, name="李组")
    calendar = Calendar.objects.get()
    set_method(team.pk, Taking(Method.Side.RULES, calendar.pk), actor=TESTER, now=NOW)
    person = member(company.organisation, "li", "salesperson")
    join(team.pk, person.pk, weight=1, capacity=5, actor=TESTER, now=NOW)
    return team


def hold(company: Company, *rules: Rule) -> Routing:
    """Publish rules as a manager would."""
    write_draft(rules, edition=draft(NOW).edition, member=company.manager, now=NOW)
    return publish_draft(edition=draft(NOW).edition, known=known(), member=company.manager, now=NOW)


def to_li(team: Team, **conditions: Any) -> Rule:
    return Rule("伺服给李组", team.pk, levels=[3], words=["伺服"], regions=[320000], **conditions)


def place_of(lead_id: UUID) -> Placement:
    return Placement.objects.get(lead=lead_id, closed_at=None)


def test_high_intent_servo_leads_from_jiangsu_go_to_lis_team_and_others_by_side(
    company: Company, li: Team
) -> None:
    hold(company, to_li(li))
    ours = enquire(company.site, phone="13812345678", **SERVO)
    elsewhere = enquire(company.site, phone="13812345679", **{**SERVO, "region": "上海"})
    introduced = enquire(company.site, phone="13812345670", introduced_by="老王", category="轴承")
    assert place_of(ours).team == li
    assert place_of(elsewhere).team == company.online
    assert place_of(introduced).team == company.offline
    decided = sent(ours)
    assert decided is not None
    assert decided.rule is not None
    assert (decided.version, decided.number, decided.rule.name) == (1, 1, "伺服给李组")
    assert decided.is_recomputed_equal
    other = trace(company.administrator, elsewhere).sent
    assert other is not None
    assert (other.rule, other.is_recomputed_equal) == (None, True)


def test_without_rules_nothing_is_kept_about_them(company: Company) -> None:
    lead_id = enquire(company.site, phone="13812345678", **SERVO)
    assert sent(lead_id) is None
    assert not Route.objects.exists()


def test_a_tampered_fact_does_not_recompute(company: Company, li: Team) -> None:
    hold(company, to_li(li))
    lead_id = enquire(company.site, phone="13812345678", **SERVO)
    route = Route.objects.get()
    route.facts[0] = 1
    route.save()
    decided = sent(lead_id)
    assert decided is not None
    assert not decided.is_recomputed_equal


def test_a_rule_may_send_into_the_pool(company: Company, li: Team) -> None:
    hold(company, to_li(li, into="pool"))
    place = place_of(enquire(company.site, phone="13812345678", **SERVO))
    assert (place.kind, place.team, place.reason) == ("pool", li, "rule")


def test_a_lead_that_a_rule_keeps_in_the_pool_does_not_move_when_somebody_writes_again(
    company: Company, li: Team
) -> None:
    hold(company, to_li(li, into="pool"))
    lead_id = enquire(company.site, phone="13812345678", **SERVO)
    enquire(company.site, phone="13812345678", **SERVO)
    assert Placement.objects.get(lead=lead_id).closed_at is None


def test_the_next_team_comes_in_where_nobody_is_free_and_else_the_first_keeps_it(
    company: Company, li: Team
) -> None:
    hold(company, to_li(li, otherwise=[company.online.pk]))
    seat = li.seats.get()
    set_seat(seat.pk, weight=1, capacity=1, is_present=True, actor=TESTER, now=NOW)
    ids = [enquire(company.site, phone=f"1381234567{n}", **SERVO) for n in range(2)]
    assert [place_of(id_).team for id_ in ids] == [li, company.online]
    assert place_of(ids[1]).kind == "person"
    at_night = enquire(company.site, now=SUNDAY_NIGHT, phone="13812345675", **SERVO)
    assert (place_of(at_night).team, place_of(at_night).kind) == (li, "pool")


def test_a_team_that_comes_in_twice_in_one_batch_is_never_overfull(
    company: Company, li: Team
) -> None:
    for seat in company.seats:
        set_seat(seat.pk, weight=1, capacity=2, is_present=True, actor=TESTER, now=NOW)
    set_seat(li.seats.get().pk, weight=1, capacity=1, is_present=True, actor=TESTER, now=NOW)
    hold(company, to_li(li, otherwise=[company.online.pk]))

    for n in range(6):
        submit(company.site, phone=f"1381234567{n}", **(SERVO if n % 2 else HOT))
    assert run_belt_once(NOW) == 6
    held = Placement.objects.filter(closed_at=None, kind="person").values_list("seat", flat=True)
    assert len(held) == 5
    for seat in [*company.online.seats.all(), li.seats.get()]:
        assert list(held).count(seat.pk) == seat.open_count <= seat.capacity


def test_where_the_team_takes_no_leads_any_more_the_side_decides(
    company: Company, li: Team
) -> None:
    hold(company, to_li(li))
    Method.objects.filter(team=li).delete()
    assert place_of(enquire(company.site, phone="13812345678", **SERVO)).team == company.online
    assert [f for f in examine_in_force() if f == "team_gone"]
    with pytest.raises(errors.RulesBroken):
        roll_back(1, known=known(), member=company.manager, now=NOW)


def examine_in_force() -> list[str]:

    rules = convert(Routing.objects.latest("id").rules, list[Rule])
    return [finding.code for finding in examine(rules, known())]


def test_whoever_writes_on_an_old_draft_is_refused_and_nothing_is_lost(
    company: Company, li: Team
) -> None:
    write_draft([to_li(li)], edition=1, member=company.manager, now=NOW)
    with pytest.raises(errors.DraftMoved):
        write_draft([], edition=1, member=company.administrator, now=NOW)
    with pytest.raises(errors.DraftMoved):
        publish_draft(edition=1, known=known(), member=company.administrator, now=NOW)
    assert len(draft(NOW).rules) == 1


def test_an_earlier_version_comes_back_as_a_new_one(company: Company, li: Team) -> None:
    first = hold(company, to_li(li))
    hold(company)
    assert place_of(enquire(company.site, phone="13812345678", **SERVO)).team == company.online
    again = roll_back(first.version, known=known(), member=company.manager, now=NOW)
    assert (again.version, again.rules) == (3, first.rules)
    assert place_of(enquire(company.site, phone="13812345679", **SERVO)).team == li
    assert draft(NOW).rules == first.rules
    with pytest.raises(errors.VersionMissing):
        roll_back(99, known=known(), member=company.manager, now=NOW)


def test_a_pilot_holds_for_its_share_beside_what_is_in_force(company: Company, li: Team) -> None:
    hold(company)
    write_draft([to_li(li)], edition=draft(NOW).edition, member=company.manager, now=NOW)
    edition = draft(NOW).edition
    given = {"edition": edition, "known": known(), "member": company.manager, "now": NOW}
    with pytest.raises(errors.PilotImpossible):
        start_pilot(0, [], **given)
    pilot = start_pilot(100, [320500], **given)
    with pytest.raises(errors.PilotRuns):
        start_pilot(50, [], **given)
    inside = enquire(company.site, phone="13812345678", **SERVO)
    outside = enquire(company.site, phone="13812345679", **{**SERVO, "region": "江苏南京"})
    assert (place_of(inside).team, place_of(outside).team) == (li, company.online)
    decided = sent(inside)
    assert decided is not None
    assert decided.is_trial
    end_pilot(pilot.pk, is_kept=True, known=known(), member=company.manager, now=NOW)
    assert (
        place_of(enquire(company.site, phone="13812345670", **{**SERVO, "region": "南京"})).team
        == li
    )
    with pytest.raises(errors.PilotOver):
        end_pilot(pilot.pk, is_kept=False, known=known(), member=company.manager, now=NOW)
    assert Pilot.objects.filter(ended_at=None).count() == 0


def test_the_simulator_says_what_the_belt_then_does_and_changes_nothing(
    company: Company, li: Team
) -> None:
    rules = [Rule("别处", company.offline.pk, regions=[310000]), to_li(li)]
    hold(company, *rules)
    lead = Given(
        3, "site", "own", 320500, "伺服", "要 20 台", "锐达", is_online=True, is_introduced=False
    )
    before = list(company.online.seats.values_list("credit", "open_count"))
    played = simulate(lead, rules, lead_id=UUID(int=7), now=NOW)
    assert [why for _, why in played.steps] == ["regions", ""]
    assert played.number == 1
    assert [(asked.team, asked.chosen) for asked in played.asked] == [(li, "Li")]
    assert before == list(company.online.seats.values_list("credit", "open_count"))
    at_night = simulate(lead, rules, lead_id=UUID(int=7), now=SUNDAY_NIGHT)
    assert [(asked.chosen, asked.reason) for asked in at_night.asked] == [("", "off_hours")]


def test_rules_are_tried_on_the_leads_of_the_past(company: Company, li: Team) -> None:
    for n in range(3):
        enquire(company.site, phone=f"1381234567{n}", **(SERVO if n else HOT))
    tried = try_on_past([to_li(li)], 1000)
    assert (tried.count, tried.by_rule) == (3, [2, 1])
    assert dict(tried.before) == {company.online.pk: 3}
    assert dict(tried.after) == {li.pk: 2, company.online.pk: 1}


def test_undoing_a_file_takes_back_what_the_rules_said_of_it(company: Company, li: Team) -> None:
    hold(company, to_li(li))
    lead_id = enquire(company.site, channel="file", phone="13812345678", **SERVO)
    assert undo([lead_id], NOW + timedelta(hours=1)).undone == 1
    assert not Route.objects.exists()
    assert li.seats.get().open_count == 0
