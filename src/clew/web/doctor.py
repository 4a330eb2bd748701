"""`clew doctor`: are the settings right, is every lead accounted for, does every decision of a day stand?"""

import argparse
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

import clew
from clew.base.json import dumps
from clew.grading.models import Grade
from clew.grading.queries import recomputed_equal as grade_stands
from clew.handoff.models import Round, Route
from clew.handoff.queries import recomputed_equal as round_stands
from clew.handoff.queries import route_stands
from clew.web import findings
from clew.web.exporting import OutUnwritable
from clew.web.findings import Finding, State
from clew.web.surroundings import NAMES
from clew.web.terminal import _, say


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
    parser.add_argument("--settings", action="store_true", help="explain every wrong setting")
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE",
        help="also write what a stranger needs to help, without secrets or personal data",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    everything = not (options.ledger or options.decisions or options.settings)
    found: dict[str, Any] = {}
    work: list[Finding] = []
    if options.settings or everything:
        looked = (*findings.settings(os.environ), *findings.database(datetime.now(UTC)))
        found["settings"] = findings.wrong(looked)
    if everything:
        work = [*findings.work(datetime.now(UTC)), findings.mail()]
        found["work"] = findings.wrong(work)
    if options.ledger or everything:
        found["ledger"] = findings.ledger()
    if options.decisions or everything:
        found["decisions"] = decisions(*_day(options.day))
    is_well = _is_well(found, work)
    if options.bundle:
        _write(options.bundle, found)
    say(dumps(found) if options.json else _told(found, is_well=is_well))
    return 0 if is_well else 1


def surroundings() -> dict[str, Any]:
    """Tell what runs here: versions, which settings are set, how much there is. No secret, nothing personal."""
    with connection.cursor() as cursor:
        cursor.execute("show server_version")
        version = cursor.fetchone()[0]
        cursor.execute("select relname, n_live_tup from pg_stat_user_tables order by relname")
        rows = dict(cursor.fetchall())
    return {
        "clew": clew.__version__,
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "postgresql": version,
        "set": sorted(name for name in os.environ if name in NAMES or _is_file(name)),
        "migrations": sorted(
            ".".join(one) for one in MigrationRecorder(connection).applied_migrations()
        ),
        "rows": rows,
    }


def _is_file(name: str) -> bool:
    return name.removesuffix("_FILE") in NAMES


def bundle(found: Mapping[str, Any]) -> str:
    """Write what was found and what runs here as one JSON object, for whoever helps."""
    return f"{dumps({**found, **surroundings()})}\n"


def _write(path: Path, found: Mapping[str, Any]) -> None:
    try:
        path.write_text(bundle(found), encoding="utf-8")
    except OSError as refused:
        raise OutUnwritable(file=str(path), reason=refused.strerror) from refused
    say(_("Look through it before you send it: %s") % path)


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


def _is_well(found: dict[str, Any], work: Iterable[Finding]) -> bool:
    return (
        not found.get("settings")
        and not any(one.state == State.BROKEN for one in work)
        and not ("ledger" in found and findings.wrong(findings.books(found["ledger"])))
        and not found.get("decisions", {}).get("different")
    )


def _told(found: dict[str, Any], *, is_well: bool) -> str:
    lines = [f"{name}: {value}" for part in found.values() for name, value in part.items()]
    return "\n".join([*lines, _("All well.") if is_well else _("Something is wrong.")])
