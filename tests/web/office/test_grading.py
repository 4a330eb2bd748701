"""Grading rules in the browser: written, tried, published, taken back, by managers and administrators."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
import pytest
from django.http import HttpResponse
from django.test import Client

from clew.access.models import Role
from clew.grading.actions import write_draft
from clew.grading.changes import Rules
from clew.grading.models import Grade, Level, Override, RuleDraft, RuleSet, Trial
from clew.grading.queries import draft, in_force, rules_of
from clew.grading.rules import Condition, Rule
from clew.grading.trials.actions import advance
from tests.company import COLD, HOT, Company, enquire, member
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
WORDS = {"zh-hans": "全给", "en": "For everybody"}


def form(**more: object) -> dict[str, object]:
    """A sound form of a rule, as the page sends it."""
    return {
        "once": str(uuid4()),
        "edition": draft().edition,
        "points": "35",
        "zh": "要得多",
        "en": "Wants many",
        "fact-0": "quantity",
        "op-0": ">=",
        "value-0": "50",
        "do": "save",
        **more,
    }


def sent(**more: object) -> dict[str, object]:
    return {"once": str(uuid4()), "edition": draft().edition, **more}


def shown(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def manager(company: Company, browser: Browser) -> Client:
    return browser(company.manager)


def test_the_page_tells_the_rules_in_words_of_the_reader(manager: Client) -> None:
    english = shown(manager.get("/grading"))
    assert "Quantity asked for: at least 10" in english
    assert "from 70 points" in english
    chinese = manager.get("/grading", headers={"accept-language": "zh-hans"}).content.decode()
    assert "要的数量：不少于 10" in chinese
    assert "数量够批量价" in chinese


def test_a_manager_adds_a_rule_and_publishes_it(manager: Client, company: Company) -> None:
    answer = manager.post("/grading/draft/rules/new", form())
    assert answer["Location"] == "/grading/draft#rule-d1"
    page = shown(manager.get("/grading/draft"))
    assert "New: “Wants many” +35" in page
    assert manager.post("/grading/draft/publish", sent())["Location"] == "/grading"
    assert in_force().rules[-1] == {
        "key": "d1",
        "points": 35,
        "words": {"zh-hans": "要得多", "en": "Wants many"},
        "when": [{"fact": "quantity", "op": ">=", "value": 50}],
    }
    assert in_force().publisher == company.manager
    history = shown(manager.get("/grading"))
    assert "Version 2" in history
    assert company.manager.name in history


def test_a_click_too_many_changes_nothing_more(manager: Client) -> None:
    twice = form()
    for _ in range(2):
        assert manager.post("/grading/draft/rules/new", twice).status_code == 302
    once = sent()
    for _ in range(2):
        assert manager.post("/grading/draft/publish", once).status_code == 302
    assert (draft().edition, RuleSet.objects.count()) == (3, 2)


def test_conditions_are_added_and_removed_without_a_script(manager: Client) -> None:
    added = shown(manager.post("/grading/draft/rules/new", form(do="add")))
    assert 'name="fact-1"' in added
    assert 'value="Wants many"' in added
    removed = shown(manager.post("/grading/draft/rules/new", form(do="remove-0")))
    assert 'name="fact-0"' not in removed
    assert not RuleDraft.objects.exists()


def test_a_chosen_fact_brings_what_fits_it(manager: Client) -> None:
    given = form(do="look", **{"fact-0": "asks_price"})
    page = shown(manager.post("/grading/draft/rules/new", given))
    assert '<option value="yes"' in page
    assert '<option value=">="' not in page
    page = shown(manager.post("/grading/draft/rules/new", {**given, "fact-0": "source_kind"}))
    assert '<option value="bought"' in page


def test_what_can_never_hold_is_said_beside_the_rule_and_hinders_publishing(
    manager: Client,
) -> None:
    more = {"fact-1": "quantity", "op-1": "<", "value-1": "5"}
    page = shown(manager.post("/grading/draft/rules/new", form(do="look", **more)))
    assert "Can never hold" in page
    manager.post("/grading/draft/rules/new", form(**more))
    page = shown(manager.get("/grading/draft"))
    assert "Can never hold" in page
    assert "Mend what is marked first" in page
    answer = manager.post("/grading/draft/publish", sent())
    assert answer.status_code == 422
    assert in_force().version == 1


def test_thresholds_out_of_reach_are_a_warning_and_crossed_ones_refused(manager: Client) -> None:
    assert (
        manager.post("/grading/draft/thresholds", sent(high="900", medium="40")).status_code == 302
    )
    assert "No lead can reach high" in shown(manager.get("/grading/draft"))
    answer = manager.post("/grading/draft/thresholds", sent(high="30", medium="40"))
    assert answer.status_code == 422
    assert "High must begin above medium" in shown(answer)
    assert 'value="30"' in shown(answer)


HOSTILE = [
    {"points": "1e9"},
    {"points": "²"},
    {"points": "101"},
    {"points": "9" * 5000},
    {"points": ""},
    {"zh": ""},
    {"en": "x" * 81},
    {"fact-0": "shoe_size"},
    {"fact-0": "__class__"},
    {"fact-0": ""},
    {"value-0": "ten"},
    {"value-0": "-1"},
    {"value-0": "1000001"},
    {"value-0": "١٠"},
    {"value-0": "10; drop table"},
    {"fact-0": "asks_price", "value-0": "maybe"},
    {"fact-0": "source_kind", "op-0": "in", "value-0": ["own", "stolen"]},
    {"fact-0": "source_kind", "op-0": "==", "value-0": "stolen"},
    {f"fact-{n}": "quantity" for n in range(11)},
]


@pytest.mark.parametrize("wrong", HOSTILE)
def test_hostile_values_are_refused_in_words_and_nothing_is_kept(
    manager: Client, wrong: dict[str, object]
) -> None:
    answer = manager.post("/grading/draft/rules/new", form(**wrong))
    assert answer.status_code == 422
    assert 'class="c-error"' in answer.content.decode()
    assert not RuleDraft.objects.exists()


@pytest.mark.parametrize("edition", ["", "0", "-1", "x", "9" * 40, "²", "1.0"])
def test_a_form_without_the_edition_it_began_from_is_refused(manager: Client, edition: str) -> None:
    for path, data in (
        ("rules/new", form()),
        ("publish", sent()),
        ("discard", sent()),
        ("thresholds", sent(high="80", medium="40")),
        ("rules/own/remove", sent()),
        ("rules/own/move", sent(way="up")),
        ("try", sent()),
    ):
        answer = manager.post(f"/grading/draft/{path}", {**data, "edition": edition})
        assert answer.status_code == 409, path
    assert not RuleDraft.objects.exists()


def test_what_is_typed_is_escaped(manager: Client) -> None:
    manager.post("/grading/draft/rules/new", form(en="<script>alert(1)</script>"))
    for path in ("/grading/draft", "/grading", "/grading/draft/rules/d1"):
        assert "<script>alert" not in manager.get(path).content.decode()


def test_of_two_managers_the_second_keeps_what_was_typed_and_sees_what_it_is_now(
    manager: Client, admin: Client, company: Company
) -> None:
    old = draft().edition
    admin.post("/grading/draft/rules/price", form(points="99", en="Dear"))
    answer = manager.post("/grading/draft/rules/price", form(points="11", en="Cheap", edition=old))
    page = shown(answer)
    assert answer.status_code == 409
    assert company.administrator.name in page
    assert "99, “Dear”" in page
    assert 'value="Cheap"' in page
    told = re.search(r'name="edition" value="(\d+)"', page)
    assert told
    assert manager.post(
        "/grading/draft/rules/price", form(points="11", en="Cheap", edition=told[1])
    )["Location"].endswith("#rule-price")
    assert any(r.words["en"] == "Cheap" for r in rules_of(draft()).rules)


def test_typing_on_does_not_hide_that_the_draft_has_moved(manager: Client, admin: Client) -> None:
    old = draft().edition
    admin.post("/grading/draft/rules/price", form())
    page = shown(manager.post("/grading/draft/rules/price", form(do="add", edition=old)))
    assert f'name="edition" value="{old}"' in page


def test_rules_are_moved_removed_and_all_of_it_discarded(manager: Client) -> None:
    keys = [r.key for r in rules_of(draft()).rules]
    manager.post("/grading/draft/rules/introduced/move", sent(way="up"))
    assert [r.key for r in rules_of(draft()).rules][:2] == ["introduced", "start"]
    manager.post("/grading/draft/rules/introduced/remove", sent())
    assert "introduced" not in [r.key for r in rules_of(draft()).rules]
    assert manager.post("/grading/draft/rules/introduced/remove", sent()).status_code == 404
    assert manager.get("/grading/draft/rules/introduced").status_code == 404
    manager.post("/grading/draft/discard", sent())
    assert [r.key for r in rules_of(draft()).rules] == keys


def test_a_rule_about_a_fact_that_is_gone_is_shown_and_can_be_mended(
    manager: Client, company: Company
) -> None:
    gone = Rule("gone", 5, WORDS, [Condition("shoe_size", ">=", 40)])
    write_draft(Rules([gone], 50, 20), edition=1, member=company.manager, now=NOW)
    assert "“shoe_size” is not known any more" in shown(manager.get("/grading/draft"))
    assert "shoe_size" in shown(manager.get("/grading/draft/rules/gone"))
    RuleSet.objects.create(
        version=2,
        rules=msgspec.to_builtins([gone]),
        high_from=50,
        medium_from=20,
        published_at=NOW,
    )
    assert "“shoe_size” is not known any more" in shown(manager.get("/grading"))
    manager.post("/grading/draft/rules/gone", form())
    assert manager.post("/grading/draft/publish", sent()).status_code == 302


def test_an_earlier_version_is_published_again(manager: Client) -> None:
    first = rules_of(in_force())
    manager.post("/grading/draft/rules/new", form())
    manager.post("/grading/draft/publish", sent())
    assert "Gone: “Wants many”" in shown(manager.get("/grading/versions/1"))
    manager.post("/grading/versions/1/again", sent())
    assert (in_force().version, rules_of(in_force())) == (3, first)
    assert "version 1 again" in shown(manager.get("/grading"))
    assert manager.get("/grading/versions/99").status_code == 404


def attempt(client: Client) -> Trial:
    answer = client.post("/grading/draft/try", sent())
    assert "/grading/trials/" in answer["Location"]
    while advance(NOW):
        pass
    return Trial.objects.get(pk=UUID(answer["Location"].rsplit("/", 1)[-1]))


def test_a_trial_shows_the_leads_that_would_change_to_those_who_may_see_them(
    manager: Client, admin: Client, company: Company, browser: Browser
) -> None:
    enquire(company.site, phone="13812345678", name="周建国", **HOT)
    enquire(company.fair, phone="13912345678", name="吴文", introduced_by="周", **COLD)
    low = Rules([Rule("one", -10, WORDS, [])], 50, 20)
    write_draft(low, edition=1, member=company.manager, now=NOW)
    mine = attempt(manager)
    assert (mine.seen_count, mine.down_count) == (2, 2)
    page = shown(manager.get(f"/grading/trials/{mine.pk}"))
    assert "Would change 2 of 2: 0 up, 2 down" in page
    assert "The list shows the 1 of 2 that you may see" in page
    assert "周建国" in page
    assert "吴文" not in page
    assert "吴文" in shown(admin.get(f"/grading/trials/{mine.pk}"))
    assert "周建国" not in shown(admin.get(f"/grading/trials/{mine.pk}?way=up"))
    other = browser(member(company.organisation, "boss", Role.MANAGER, company.offline))
    assert other.get(f"/grading/trials/{mine.pk}").status_code == 404


def test_a_trial_under_way_tells_how_far_it_is(manager: Client, company: Company) -> None:
    enquire(company.site, phone="13812345678", **HOT)
    where = manager.post("/grading/draft/try", sent())["Location"]
    assert 'data-state="working"' in manager.get(where).content.decode()
    advance(NOW)
    assert 'data-state="done"' in manager.get(f"{where}/progress").content.decode()


def grade_by_hand(client: Client, lead: UUID, **given: str) -> HttpResponse:
    answer: HttpResponse = client.post(f"/leads/{lead}/grades/override", given)
    return answer


def test_a_manager_grades_by_hand_and_the_page_says_so_to_everybody(
    manager: Client, company: Company, browser: Browser
) -> None:
    lead = enquire(company.site, phone="13812345678", **HOT)
    grade_by_hand(manager, lead, level="1", reason="Only compares prices")
    holder = browser(Grade.objects.get(lead=lead, level=1).lead.placements.get().seat.member)
    for client in (manager, holder):
        page = shown(client.get(f"/leads/{lead}"))
        assert "Only compares prices" in page
        assert "By the rules: High intent" in page
    every = shown(holder.get(f"/leads/{lead}/grades"))
    assert "Only compares prices" in every
    assert "Grade it yourself" not in shown(holder.get(f"/leads/{lead}"))
    assert grade_by_hand(holder, lead, level="3", reason="Mine").status_code == 403
    manager.post(f"/leads/{lead}/grades/lift")
    assert Grade.objects.get(lead=lead, superseded_at=None).level == Level.HIGH
    assert "let the rules grade it again" in shown(holder.get(f"/leads/{lead}/grades"))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"level": "1"},
        {"level": "1", "reason": "   "},
        {"level": "9", "reason": "x"},
        {"level": "x", "reason": "x"},
        {"level": "1", "reason": "x" * 201},
        {"level": "1", "reason": "x" * 5000},
        {"level": "1", "reason": "a\x00b"},
    ],
)
def test_a_grade_by_hand_needs_a_level_and_a_reason(
    manager: Client, company: Company, given: dict[str, str]
) -> None:
    lead = enquire(company.site, phone="13812345678", **HOT)
    page = shown(manager.post(f"/leads/{lead}/grades/override", given, follow=True))
    assert "Choose a grade and say why" in page
    assert not Override.objects.exists()


def test_another_teams_manager_cannot_grade_by_hand(company: Company, browser: Browser) -> None:
    lead = enquire(company.site, phone="13812345678", **HOT)
    other = browser(member(company.organisation, "boss", Role.MANAGER, company.offline))
    assert grade_by_hand(other, lead, level="1", reason="x").status_code == 404
    assert other.post(f"/leads/{lead}/grades/lift").status_code == 404
    assert other.get(f"/leads/{lead}/grades").status_code == 404


def test_salespeople_do_not_see_the_rules(company: Company, browser: Browser) -> None:
    client = browser(company.people[0])
    assert client.get("/grading").status_code == 403
    assert "/grading" not in client.get("/leads").content.decode()
