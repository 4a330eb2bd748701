"""`clew bench rules`: what 20 grading rules and 30 distribution rules cost a lead, and trying them on the past.

Python's own CPU time, in batches of 500 leads that each rule has to look at; the median of the batches.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from clew.grading.rules import Condition, compile_rules, grade, observe
from clew.grading.rules import Rule as GradingRule
from clew.handoff.routing import Given, Rule, choose, prepare, situation
from clew.web.terminal import say

BATCH = 500
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
    batches = 20 if options.quick else 200
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
    figures["rules_us"] = round(sum(figures.values()), 1)
    say(json.dumps(figures))


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
