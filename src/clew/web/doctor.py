"""`clew doctor`: is every lead accounted for, and does every decision of a day stand?"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from clew.access.models import Member, Role
from clew.base.json import dumps
from clew.grading.models import Grade
from clew.grading.queries import recomputed_equal as grade_stands
from clew.handoff.models import Round, Route
from clew.handoff.queries import recomputed_equal as round_stands
from clew.handoff.queries import route_stands
from clew.tally.queries import account, breaches


def main(argv: Sequence[str]) -> int:
    """Run the checks asked for (all without an option). Returns 0 when nothing is wrong."""
    parser = argparse.ArgumentParser(prog="clew doctor", description=__doc__)
    parser.add_argument(
        "--ledger", action="store_true", help="both sums of the account of all leads"
    )
    parser.add_argument("--decisions", action="store_true", help="recompute a day's decisions")
    parser.add_argument(
        "--day", type=datetime.fromisoformat, help="which day (default: the last 24 h)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    everything = not (options.ledger or options.decisions)
    found: dict[str, Any] = {}
    if options.ledger or everything:
        found["ledger"] = ledger()
    if options.decisions or everything:
        found["decisions"] = decisions(*_day(options.day))
    is_well = _is_well(found)
    sys.stdout.write(f"{dumps(found) if options.json else _told(found)}\n")
    return 0 if is_well else 1


def ledger() -> dict[str, Any]:
    """Give both sums of INS-9, and every breach of them."""
    viewer = Member(role=Role.ADMINISTRATOR)
    seen = account(viewer)
    return {**asdict(seen), "is_balanced": seen.is_balanced, **asdict(breaches())}


def decisions(start: datetime, end: datetime) -> dict[str, int]:
    """Recompute every grade, every choice of a team by rule and every round of a span of time."""
    grades = Grade.objects.filter(graded_at__gte=start, graded_at__lt=end)
    rounds = Round.objects.filter(decided_at__gte=start, decided_at__lt=end)
    stands = [grade_stands(g) for g in grades.select_related("rule_set", "override").iterator()]
    stands += [round_stands(r) for r in rounds.iterator()]
    routes = Route.objects.filter(at__gte=start, at__lt=end).select_related("routing")
    stands += [route_stands(r) for r in routes.iterator()]
    return {"recomputed": len(stands), "different": stands.count(False)}


def _day(day: datetime | None) -> tuple[datetime, datetime]:
    if day is None:
        now = datetime.now(UTC)
        return now - timedelta(days=1), now
    start = day if day.tzinfo else day.astimezone()
    return start, start + timedelta(days=1)


def _is_well(found: dict[str, Any]) -> bool:
    books = found.get("ledger", {"is_balanced": True})
    broken = ("leads_nowhere", "leads_ended_but_open", "seats_miscounted", "teams_with_credit_left")
    return (
        books["is_balanced"]
        and not any(books.get(name) for name in broken)
        and not found.get("decisions", {}).get("different")
    )


def _told(found: dict[str, Any]) -> str:
    lines = [f"{name}: {value}" for part in found.values() for name, value in part.items()]
    return "\n".join([*lines, "all well" if _is_well(found) else "something is wrong"])
