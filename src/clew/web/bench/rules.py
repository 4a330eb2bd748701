"""`clew bench rules`: what 20 grading rules and 30 distribution rules cost a lead, and trying them on the past.

The first is Python's own CPU time, in batches of 500 leads that each rule has to look at, the median of the
batches; the second is by the clock, on leads that came along the belt and are known by as many different facts
as the dice give.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from django.core.management import call_command
from django.db import connection

from clew.access.models import Member
from clew.base.ids import uuid7
from clew.base.json import to_builtins
from clew.grading.models import Trial
from clew.grading.rules import Condition, compile_rules, grade, observe
from clew.grading.rules import Rule as GradingRule
from clew.grading.trials.actions import advance
from clew.handoff.routing import Given, Rule, choose, prepare, situation
from clew.web.bench import company
from clew.web.bench.belt import measure
from clew.web.terminal import say

BATCH = 500
PAST = 135_000  # enquiries, of which some strengthen the lead of another
QUICK_PAST = 10_000
VARIED = """
update grading_grade set facts = facts || jsonb_build_object(
  'message_length', (random() * 120)::int, 'asks_price', random() < 0.3, 'has_company', random() < 0.5,
  'quantity', case when random() < 0.3 then (random() * 50)::int else 0 end)
where superseded_at is null
"""
MICRO = 1_000_000
FACTS = ("quantity", "message_length", "submission_count")
REGIONS = (320000, 330000, 440000, 310000, 510000, 370000)
MESSAGES = ("要 20 台 400W 伺服，请报价", "问一下减速机价格", "", "急用 3 台", "在吗？发个资料")


def main() -> None:
    """Measure and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    parts = options.only.split(",") if options.only else ["rules", "trial"]
    figures: dict[str, float] = {}
    if "rules" in parts:
        figures |= _rules(20 if options.quick else 200)
    if "trial" in parts:
        figures |= _trial(QUICK_PAST if options.quick else PAST)
    say(json.dumps(figures))


def _rules(batches: int) -> dict[str, float]:
    compiled = compile_rules(_grading_rules())
    ready = [prepare(rule) for rule in _distribution_rules()]
    leads = _leads()
    now = datetime.now(UTC)

    def graded() -> None:
        for lead in leads:
            facts = observe(
                message=lead.wanted,
                company=lead.company,
                submission_count=1,
                source_kind=lead.kind,
                is_online=lead.is_online,
                is_introduced=lead.is_introduced,
                has_phone=True,
            )
            grade(facts, compiled, 70, 40)

    def sent() -> None:
        for lead in leads:
            choose(situation(lead, now), ready)

    figures = {"grading_us": _cost(graded, batches), "distribution_us": _cost(sent, batches)}
    return {**figures, "rules_us": round(sum(figures.values()), 1)}


def _trial(leads: int) -> dict[str, float]:
    """Try the rules on past leads as the worker's chore does."""
    call_command("migrate", interactive=False, verbosity=0)
    sources = company.found(datetime.now(UTC))
    measure(sources, leads=leads, contacts=leads, workers=2)
    with connection.cursor() as cursor:
        cursor.execute(VARIED)
        cursor.execute("analyze")
    trial = Trial.objects.create(
        id=uuid7(),
        asked_by=Member.objects.earliest("pk"),
        asked_at=datetime.now(UTC),
        edition=1,
        rules=to_builtins(_grading_rules()),
        high_from=70,
        medium_from=40,
        expected_count=leads,
    )
    began = time.perf_counter()
    while advance(datetime.now(UTC)):
        pass
    seconds = time.perf_counter() - began
    trial.refresh_from_db()
    return {
        "trial_leads": trial.seen_count,
        "trial_changes": trial.up_count + trial.down_count,
        "trial_s": round(seconds, 2),
    }


def _cost(work: Callable[[], None], batches: int) -> float:
    spent = []
    for _ in range(batches):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return round(statistics.median(spent) / BATCH * MICRO, 1)


def _grading_rules() -> list[GradingRule]:
    """Twenty rules of three conditions, of which the last one seldom holds."""
    return [
        GradingRule(
            key=f"rule{n}",
            points=n - 5,
            words={"en": f"Rule {n}", "zh-hans": f"规则 {n}"},
            when=[
                Condition(fact="is_online", op="==", value=True),
                Condition(fact="source_kind", op="in", value=["own", "bought"]),
                Condition(fact=FACTS[n % 3], op=">=", value=n),
            ],
        )
        for n in range(20)
    ]


def _distribution_rules() -> list[Rule]:
    """Thirty rules of three conditions; most leads pass nearly all of them."""
    return [
        Rule(
            name=f"rule {n}",
            team=1,
            levels=[3, 2],
            regions=[REGIONS[n % 6], REGIONS[(n + 1) % 6]],
            words=[f"产品{n}", "轴承"],
        )
        for n in range(30)
    ]


def _leads() -> Sequence[Given]:
    chance = random.Random(3)  # noqa: S311  the same leads in every run
    return [
        Given(
            level=chance.randrange(1, 4),
            source="site",
            kind="own",
            region=chance.choice(REGIONS) + 500,
            category="伺服",
            wanted=chance.choice(MESSAGES),
            company="锐达机械厂",
            is_online=True,
            is_introduced=False,
        )
        for _ in range(BATCH)
    ]
