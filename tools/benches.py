"""What `make evidence` runs, and what its page tells of each: the figures, and between which bounds they should be."""

import ast
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

BENCH = [sys.executable, "-m", "clew.web.cli", "bench"]
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the page. `cpu` are the keys that add up to the processor's time for it."""

    key: str
    what: str
    at_least: float | None = None  # or at most, where less is better
    aim: float | None = None
    is_less_better: bool = False
    cpu: Sequence[str] = ()

    def reaches(self, value: float, bound: float | None) -> bool:
        """Whether the value is within the bound; without one it is not."""
        if bound is None:
            return False
        return value <= bound if self.is_less_better else value >= bound


@dataclass(frozen=True, slots=True)
class Bench:
    """One command and what is told of it."""

    command: str
    words: Sequence[str]
    seeds: str
    rows: Sequence[Row]
    read: Callable[[str], Figures] = lambda said: json.loads(said.splitlines()[-1])
    environment: tuple[tuple[str, str], ...] = ()
    quick: Sequence[str] = ("--quick",)
    is_alone: bool = False  # it starts a system of its own, whatever CLEW_DATABASE_URL names


def most(key: str, what: str, at_most: float | None = None, aim: float | None = None) -> Row:
    """Make a row of which less is better."""
    return Row(key, what, at_most, aim, is_less_better=True)


def restarts(said: str) -> Figures:
    """Read what the test of restarts prints. Raises ValueError where it did not pass."""
    found = re.search(r"^\.?(\d+) restarts, (\{.*\})$", said, re.MULTILINE)
    if not found:
        raise ValueError(said[-2000:])
    ends: dict[str, int] = ast.literal_eval(found[2])
    good = sum(count for end, count in ends.items() if end in {"200", "202"})
    return {"restarts": int(found[1]), "answers": good, "failed": sum(ends.values()) - good}


def killed(said: str) -> Figures:
    """Read what the crash run prints, with all that was killed in one figure."""
    told: Figures = json.loads(said.splitlines()[-1])
    return told | {"kills": sum(told["kills"].values())}


BENCHES = {
    "intake": Bench(
        "clew bench intake --json",
        [*BENCH, "intake", "--json"],
        "7 for leads, 8 for rows",
        [
            Row("insert_per_s", "yardstick A: single-row INSERTs by pgbench, 32 clients"),
            Row("copy_per_s", "yardstick B: rows by COPY in batches of 500"),
            Row("belt_per_s", "yardstick C: the least a belt can do, two workers"),
            Row(
                "accept_one_per_s",
                "accepted, one lead per request, 32 connections",
                cpu=["accept_one_cpu_us"],
            ),
            Row("accept_one_ratio", "the same, divided by A", 0.30, 0.42),
            most("accept_one_p99_ms", "the same, 99 of 100 requests within", 25, 10),
            Row("accept_array_per_s", "accepted, arrays of 100", cpu=["accept_array_cpu_us"]),
            Row("accept_array_ratio", "the same, divided by B", 0.25, 0.50),
            Row(
                "whole_belt_per_s",
                "the whole belt, two workers, a million contacts",
                3_000,
                cpu=["belt_python_us", "belt_postgres_us"],
            ),
            Row("belt_ratio", "the same, divided by C", 0.35, 0.50),
            most(
                "screen_p50_ms",
                "from submit to the row in an open page, 100 leads/s, median",
                200,
                50,
            ),
            most("screen_p99_ms", "the same, 99 of 100", 1_000, 300),
            most("up_again_s", "`make up`, the second time, until it answers", 5, 2),
            most(
                "rss_idle_mb",
                "memory of all processes and PostgreSQL when nothing happens",
                700,
                400,
            ),
        ],
    ),
    "load": Bench(
        "clew bench load --json",
        [*BENCH, "load", "--json"],
        "11 for what is sent, one for each run of the belt",
        [
            Row(
                "both_per_s",
                "accepted and belted at once for a minute, the queue not growing",
                2_500,
                4_500,
                cpu=["both_cpu_us"],
            ),
            most("both_accept_p99_ms", "the same, 99 of 100 requests within"),
            most("rss_load_mb", "the same, memory of all processes and PostgreSQL", 1_500, 900),
            Row("belt_workers_gain", "the belt with two workers, divided by one", 1.2, 1.6),
            Row("belt_one_worker_per_s", "the belt with one worker"),
            Row("belt_two_workers_per_s", "the belt with two workers"),
            most(
                "million_cost_ratio",
                "CPU per lead beside a million leads, divided by ten thousand",
                1.25,
                1.1,
            ),
            most("million_cpu_us", "the belt's CPU per lead beside a million leads, µs"),
            most("ten_thousand_cpu_us", "the same beside ten thousand, µs"),
            Row("burst_times", "a burst for a minute, so many times that rate", 10),
            Row("burst_offered_per_s", "the same, leads sent"),
            Row("burst_accepted_per_s", "the same, leads accepted"),
            Row("burst_sent_away", "the same, requests told to come again (503, Retry-After)"),
            most("burst_longest_ms", "the same, longest wait for an answer"),
            most("burst_web_rss_mb", "the same, memory of the web process", 1_000),
            most("burst_after_p99_ms", "right after it, 99 of 100 requests within"),
            most("burst_drain_s", "until the belt has caught up", 300),
        ],
    ),
    "imports": Bench(
        "clew bench imports --json",
        [*BENCH, "imports", "--json"],
        "7",
        [
            most("history_s", "45,211 rows as history", 20),
            most("history_undo_s", "the same, taken back", 20),
            most("enquiries_s", "45,211 rows as enquiries, through the whole belt", 45),
            most("enquiries_undo_s", "the same, taken back", 20),
            most("history_rss_mb", "memory of the process that imports history", 300),
            most("enquiries_rss_mb", "memory of the process that imports enquiries", 300),
            most("large_check_s", "a file of a gigabyte, every row judged"),
            most("large_rss_mb", "the same, memory", 300),
        ],
    ),
    "rules": Bench(
        "clew bench rules --json",
        [*BENCH, "rules", "--json"],
        "3 and 7",
        [
            most(
                "rules_us", "20 grading and 30 distribution rules, Python's CPU per lead, µs", 120
            ),
            most("trial_s", "20 grading rules tried on past leads", 5),
            Row("trial_leads", "so many of them"),
        ],
    ),
    "plays": Bench(
        "clew bench plays --json",
        [*BENCH, "plays", "--json"],
        "19",
        [
            Row(
                "plays",
                "simulated plays, four in five of them without effect, the rest with +7 points",
            ),
            Row("leads", "leads of each, looked at after every one"),
            most("false_promotions", "plays without effect that were promoted at some look", 0.05),
            Row("coverage", "plays whose true lift no look left out", 0.95),
            Row("power", "plays with +7 points that were promoted by then"),
            most("leads_until_promoted", "half of these within so many leads"),
        ],
    ),
    "recycle": Bench(
        "clew bench recycle --json",
        [*BENCH, "recycle", "--json"],
        "500 and on for who holds what, 900 and 901 for the belt",
        [
            Row("recycled", "leads that are all due at once to go back to their pools"),
            most("recycle_s", "until all of them have, while two workers have the belt full", 30),
            Row("belt_per_s", "the belt alone"),
            Row("belt_beside_per_s", "the belt while they go back"),
            Row("belt_kept", "the same, divided by the belt alone", 0.7),
        ],
    ),
    "claim": Bench(
        "clew bench claim --json",
        [*BENCH, "claim", "--json"],
        "3",
        [
            Row("claim_leads", "leads in one pool, in four processes"),
            Row("claim_claimers", "people who all claim each of them at the same time"),
            Row("claim_asked", "claims in all"),
            most("claim_anomalies", "what was told and does not fit what came of it", 0),
            most("claim_lost_p95_ms", "whoever is slower is told by whom, 95 of 100 within", 1_000),
            most("claim_lost_most_ms", "the same, the longest"),
        ],
    ),
    "notices": Bench(
        "clew bench notices --json",
        [*BENCH, "notices", "--json"],
        "none: the same leads each time",
        [
            Row("quiet_leads", "leads of high intent, five a second, nothing else"),
            most("quiet_p50_ms", "from the answer until the person's robot acknowledged, median"),
            most("quiet_p95_ms", "the same, 95 of 100", 5_000),
            Row("busy_others_per_s", "beside so many other leads a second, in arrays of 100"),
            most("busy_p50_ms", "the same amid them, median"),
            most("busy_p95_ms", "the same, 95 of 100", 5_000),
            most("twice", "notices told twice or not at all, robots being stand-ins", 0),
        ],
    ),
    "duplicates": Bench(
        "clew bench duplicates --json",
        [*BENCH, "duplicates", "--json"],
        "7",
        [
            Row("search_per_s", "contacts searched for duplicates"),
            Row("belt_per_s", "the belt without a search beside it"),
            Row("belt_beside_per_s", "the belt with one"),
            Row("kept", "the second divided by the first", 0.8),
        ],
    ),
    "queue": Bench(
        "clew bench queue --json",
        [*BENCH, "queue", "--json"],
        "10,000,000 and on for weeks, 20,000,000 and on for the past, 5 for the intervals",
        [
            Row("weeks", "simulated weeks, of people with too few, enough and too many leads"),
            Row("orders_vs_fifo", "orders in the order of My day, divided by first in first out"),
            Row("orders_vs_fifo_low", "the same, lower end of its 95 % interval", 1),
            Row("orders_vs_grade", "orders in the order of My day, divided by best grade first"),
            Row("orders_vs_grade_low", "the same, lower end of its 95 % interval", 1),
            Row("orders_vs_newest", "orders in the order of My day, divided by newest first"),
            Row("orders_vs_newest_low", "the same, lower end of its 95 % interval", 1),
            Row("orders_assumed_vs_measured", "orders with the starting values alone, divided"),
            Row("delay_effect_planted", "effect of delay that was planted"),
            Row("delay_effect", "the same as it was measured, median of the companies"),
            Row("delay_effect_covered", "companies whose 95 % interval holds it", 0.9),
            Row("naive_effect", "the same as the speed table has it, grades thrown together"),
            Row("naive_effect_covered", "companies whose naive interval holds it"),
        ],
        is_alone=True,
    ),
    "pages": Bench(
        "clew bench pages --json",
        [*BENCH, "pages", "--json"],
        "7 for the company, 5 for what is looked at",
        [
            Row("leads", "leads in the company"),
            Row("moves", "their stays in stages"),
            Row("people", "people in the company"),
            most(
                "lead_list_p95_ms",
                "list of leads, 18 filters and orders, 95 of 100 within",
                300,
                100,
            ),
            most("lead_p95_ms", "page of a lead, 95 of 100", 150, 60),
            most("my_day_p95_ms", "my day, 95 of 100", 150, 60),
            most("board_p95_ms", "the board of either pipeline, 95 of 100", 300, 100),
            most("search_p95_ms", "search, 95 of 100", 300, 100),
            most("funnel_s", "funnel of a year by source and team", 1, 0.3),
            most("stages_s", "stages of a year, and every way between them"),
            most("speed_s", "speed to lead, of a year"),
        ],
    ),
    "clocks": Bench(
        "clew bench clocks --json",
        [*BENCH, "clocks", "--json"],
        "one for each run of the belt",
        [
            Row("clocks", "clocks that are due at once, each for two steps"),
            most("clocks_s", "until all have gone on, the belt running meanwhile", 30),
            Row("clocks_belt_kept", "the belt meanwhile, divided by the belt alone", 0.7),
            Row("belt_alone_per_s", "the belt alone, two workers"),
            Row("belt_beside_per_s", "the belt beside the clocks"),
            Row("reclaims_per_s", "late leads handed on by turn, one process"),
        ],
    ),
    "crash": Bench(
        "make crash KILLS=100 LEADS=10000 SEED=1",
        [sys.executable, "-m", "tests.crash", "--kills", "100", "--leads", "10000", "--seed", "1"],
        "1",
        [
            Row("kills", "processes killed"),
            Row("leads", "leads acknowledged meanwhile"),
            Row("unknown_and_sent_again", "leads sent again after silence"),
            most("lost", "leads lost", 0),
            most("doubled", "leads doubled", 0),
        ],
        read=killed,
        quick=("--kills", "5", "--leads", "500"),
        is_alone=True,
    ),
    "restarts": Bench(
        'CLEW_RESTARTS=20 make test ARGS="-s tests/crash/test_restarting.py -k no_request_fails"',
        [
            *[sys.executable, "-m", "pytest", "-q", "-s", "tests/crash/test_restarting.py"],
            *["-k", "no_request_fails"],
        ],
        "none",
        [
            Row("restarts", "times `clew restart` amid ten clients"),
            Row("answers", "requests answered"),
            most("failed", "requests that failed", 0),
        ],
        read=restarts,
        environment=(("CLEW_RESTARTS", "20"),),
        quick=(),
        is_alone=True,
    ),
}
