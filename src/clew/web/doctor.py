"""`clew doctor`: are the settings right, is every lead accounted for, does every decision of a day stand?"""

import argparse
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

import clew
from clew.access.models import Member, Role
from clew.base.json import dumps
from clew.grading.models import Grade
from clew.grading.queries import recomputed_equal as grade_stands
from clew.handoff.models import Round, Route
from clew.handoff.queries import recomputed_equal as round_stands
from clew.handoff.queries import route_stands
from clew.tally.counting import miscounted
from clew.tally.queries import Breaches, account, breaches
from clew.web import room
from clew.web.exporting import OutUnwritable
from clew.web.surroundings import NAMES, Fault, faults
from clew.web.terminal import _, say

CLOCKS_APART = 30  # seconds
MEGABYTE = 2**20
LITTLE_ROOM = 1024  # megabytes


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
    if options.settings or everything:
        found["settings"] = {f.setting: f.says for f in (*faults(os.environ), *server())}
    if options.ledger or everything:
        found["ledger"] = ledger()
    if options.decisions or everything:
        found["decisions"] = decisions(*_day(options.day))
    is_well = _is_well(found)
    if options.bundle:
        _write(options.bundle, {**found, **surroundings()})
    say(dumps(found) if options.json else _told(found))
    return 0 if is_well else 1


def server() -> Iterator[Fault]:
    """Look at the database's own settings, at its disk, and at its clock."""
    free = room.left()
    if free is not None and free < LITTLE_ROOM * MEGABYTE:
        says = _("Only %s MB are left on it. Make room: a database without it takes nothing more.")
        yield Fault("PostgreSQL disk", says % (free // MEGABYTE))
    with connection.cursor() as cursor:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute("select current_setting(%s)", [name])
            if cursor.fetchone()[0] == "off":
                says = _(
                    "It is off: what was answered may be lost when the machine fails. Set it on."
                )
                yield Fault(f"PostgreSQL {name}", says)
        cursor.execute("select clock_timestamp()")
        apart = abs((datetime.now(UTC) - cursor.fetchone()[0]).total_seconds())
        if apart > CLOCKS_APART:
            says = _(
                "The clocks of this machine and the database's differ by %s s. Set both by NTP."
            )
            yield Fault("PostgreSQL clock", says % round(apart))


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


def _write(path: Path, content: dict[str, Any]) -> None:
    try:
        path.write_text(f"{dumps(content)}\n", encoding="utf-8")
    except OSError as refused:
        raise OutUnwritable(file=str(path), reason=refused.strerror) from refused
    say(_("Look through it before you send it: %s") % path)


def ledger() -> dict[str, Any]:
    """Give both sums of INS-9, and every breach of them and of what reports count by."""
    viewer = Member(role=Role.ADMINISTRATOR)
    seen = account(viewer)
    books = {**asdict(seen), "is_balanced": seen.is_balanced, **asdict(breaches())}
    return {**books, "leads_miscounted": miscounted()}


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
    broken = (*(field.name for field in fields(Breaches)), "leads_miscounted")
    return (
        not found.get("settings")
        and books["is_balanced"]
        and not any(books.get(name) for name in broken)
        and not found.get("decisions", {}).get("different")
    )


def _told(found: dict[str, Any]) -> str:
    lines = [f"{name}: {value}" for part in found.values() for name, value in part.items()]
    return "\n".join([*lines, _("All well.") if _is_well(found) else _("Something is wrong.")])
