"""What is found when one asks whether everything is in order: `clew doctor` prints it, the office shows it.

Each finding says how it stands, why, and what to do; in the language that the terminal speaks, or the page.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings as configuration
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from clew.access.models import Member, Role
from clew.base.outcomes import Unreachable
from clew.base.smtp import greet
from clew.capture.models import Rejected
from clew.tally.counting import miscounted
from clew.tally.queries import Breaches, account, breaches
from clew.web import health, metrics, room
from clew.web.surroundings import faults
from clew.web.terminal import _

CLOCKS_APART = 30  # seconds
MEGABYTE = 2**20
LITTLE_ROOM = 1024  # megabytes
LONG = 60.0  # seconds that a submission may wait without a word
SERVER = """
select current_setting('server_version'), clock_timestamp(), current_setting('fsync'),
  current_setting('full_page_writes'), current_setting('synchronous_commit')
"""


class State(StrEnum):
    """How something stands. UNSEEN: it cannot be seen from here, and is nobody's fault."""

    IN_ORDER = "in_order"
    UNSEEN = "unseen"
    LOOK = "look"
    BROKEN = "broken"


WRONG = {State.LOOK, State.BROKEN}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what is to be said of it, and how it stands."""

    name: str
    says: str
    state: State = State.IN_ORDER

    @property
    def title(self) -> str:
        """Give the name in the language that is spoken."""
        return _(self.name)


def wrong(found: Iterable[Finding]) -> dict[str, str]:
    """Give what is to be said of those that are not in order, by name."""
    return {one.name: one.says for one in found if one.state in WRONG}


def settings(environment: Mapping[str, str]) -> list[Finding]:
    """Look at every setting of Clew: names and what is wrong, never a value that is secret."""
    found = [
        Finding(f.setting, f.says, State.BROKEN if f.is_obstacle else State.LOOK)
        for f in faults(environment)
    ]
    return found or [Finding("Settings", _("Each one is known, can be read and can work."))]


def database(now: datetime) -> Iterator[Finding]:
    """Look at the database: version, changes, tables, disk, what it risks, its clock."""
    missing = health.missing()
    with connection.cursor() as cursor:
        cursor.execute(SERVER)
        version, there, *kept = cursor.fetchone()
    yield _standing(missing, version)
    yield _disk()
    names = ("fsync", "full_page_writes", "synchronous_commit")
    off = [name for name, value in zip(names, kept, strict=True) if value == "off"]
    for name in off:
        says = _("It is off: what was answered may be lost when the machine fails. Set it on.")
        yield Finding(f"PostgreSQL {name}", says, State.BROKEN)
    if not off:
        yield Finding(
            "PostgreSQL durability", _("What is answered was written to the disk before.")
        )
    yield _clocks(abs((now - there).total_seconds()))


def _standing(missing: str, version: str) -> Finding:
    says = {
        "": _("Version %s. It takes changes and has every table.") % version,
        health.READ_ONLY: _(
            "It takes no changes: it is a standby or was set read-only. Point CLEW_DATABASE_URL at the one that does."
        ),
        health.NO_ROOM: _("There is no room on its disk: it takes nothing more. Make room."),
        health.UNMIGRATED: _("Tables are missing: run clew migrate."),
    }
    return Finding("PostgreSQL", says[missing], State.BROKEN if missing else State.IN_ORDER)


def _disk() -> Finding:
    free = room.left()
    if free is None:
        return Finding(
            "PostgreSQL disk",
            _("It is on another machine, or not ours to see. Watch its room there."),
            State.UNSEEN,
        )
    says = _("%s MB are left on it.")
    if free < LITTLE_ROOM * MEGABYTE:
        says = _("Only %s MB are left on it. Make room: a database without it takes nothing more.")
        return Finding("PostgreSQL disk", says % (free // MEGABYTE), State.LOOK)
    return Finding("PostgreSQL disk", says % f"{free // MEGABYTE:,}")


def _clocks(apart: float) -> Finding:
    if apart > CLOCKS_APART:
        says = _("The clocks of this machine and the database's differ by %s s. Set both by NTP.")
        return Finding("PostgreSQL clock", says % round(apart), State.BROKEN)
    return Finding("PostgreSQL clock", _("It agrees with this machine's."))


def work(now: datetime) -> Iterator[Finding]:
    """Look at who works, at what waits for it, and at what somebody has yet to settle."""
    told = metrics.measure(now)
    oldest = told["clew_oldest_waiting_seconds"] or 0
    is_stuck = oldest >= LONG
    yield _worker(told["clew_worker_silent_seconds"], is_stuck=is_stuck)
    if waiting := told["clew_submissions_waiting"]:
        says = _("Waiting to be handled: %(count)s, the oldest for %(time)s.")
        says %= {"count": f"{waiting:,}", "time": _span(oldest)}
        if is_stuck:
            says = _with(
                says, _("After a rush that passes; otherwise look whether a worker is there.")
            )
        yield Finding("Queue", says, State.LOOK if is_stuck else State.IN_ORDER)
    else:
        yield Finding("Queue", _("Nothing waits."))
    yield _counted(
        "Failures",
        told["clew_failures_open"],
        _("All that was taken in could be handled."),
        _("Not handled, and no lead yet: %s. Look at each and settle it."),
    )
    yield _counted(
        "Turned away",
        Rejected.objects.filter(settled_at=None).count(),
        _("Nothing that was turned away is left to be looked at."),
        _("Turned away and kept, since it may be a lead: %s. Look at each and settle it."),
    )
    yield _counted(
        "Follow-ups",
        told["clew_outbox_failing"],
        _("What follows from a fact is done, or under way."),
        _("Failing, and tried again and again: %s. The worker's log says why."),
    )


def _worker(silent: float | None, *, is_stuck: bool) -> Finding:
    if health.is_seen(silent):
        return Finding("Worker", _("One was seen less than a minute ago."))
    says = _("None was seen for a minute. Leads are taken in and wait. Start one: clew work.")
    return Finding("Worker", says, State.BROKEN if is_stuck else State.LOOK)


def _counted(name: str, count: float | None, good: str, bad: str) -> Finding:
    return Finding(name, bad % f"{count:,}", State.LOOK) if count else Finding(name, good)


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return _("%s s") % int(seconds)
    return _("%s min") % minutes if minutes < 120 else _("%s h") % (minutes // 60)


def ledger() -> dict[str, Any]:
    """Give both sums of INS-9, and every breach of them and of what reports count by."""
    seen = account(Member(role=Role.ADMINISTRATOR))
    books = {**asdict(seen), "is_balanced": seen.is_balanced, **asdict(breaches())}
    return {**books, "leads_miscounted": miscounted()}


def books(counted: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge what `ledger` counted."""
    ask = _("Ask whoever helps you, with the support bundle. Change nothing in the tables by hand.")
    says = _("Both come out. Submissions: %(submissions)s, leads: %(leads)s, each in one place.")
    if not counted["is_balanced"]:
        says = _(
            "They differ. Submissions: %(submissions)s, leads: %(leads)s; some have no place, or two."
        )
        says = _with(says, ask)
    numbers = {name: f"{counted[name]:,}" for name in ("submissions", "leads")}
    state = State.IN_ORDER if counted["is_balanced"] else State.BROKEN
    yield Finding("Both sums", says % numbers, state)
    words = {
        "leads_nowhere": _("Leads that are with nobody and in no pool: %s."),
        "leads_ended_but_open": _("Leads that are closed here and open there: %s."),
        "seats_miscounted": _("Seats with another number of leads or turns than is noted: %s."),
        "teams_with_credit_left": _("Teams whose turns do not add up: %s."),
        "resting_though_open": _("Leads that rest though their person has an open one: %s."),
        "leads_miscounted": _("Leads that reports count as they no longer stand: %s."),
    }
    broken = [
        Finding(_named(n), _with(words[n] % f"{counted[n]:,}", ask), State.BROKEN)
        for n in (*(field.name for field in fields(Breaches)), "leads_miscounted")
        if counted[n]
    ]
    yield from broken
    if not broken:
        yield Finding("Places and turns", _("Leads, seats, turns and reports agree."))


def _with(says: str, advice: str) -> str:
    return _("%(says)s %(advice)s") % {"says": says, "advice": advice}


def _named(breach: str) -> str:
    return breach.replace("_", " ").capitalize()


def books_within(seconds: int) -> list[Finding]:
    """Count and judge the books, all leads read, unless one statement takes longer than is given."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"set local statement_timeout = '{seconds:d}s'")
            return list(books(ledger()))
    except OperationalError as stopped:
        if not isinstance(stopped.__cause__, QueryCanceled):
            raise
        says = _("It took longer than %s s and was stopped. clew doctor --ledger takes its time.")
        return [Finding("Both sums", says % seconds, State.LOOK)]


def mail() -> Finding:
    """Connect to whoever takes e-mail and sign in, without sending anything; at most some seconds."""
    relay = configuration.SMTP
    if relay is None:
        says = _("Nobody takes e-mail: set CLEW_SMTP_URL, and people are told by it too.")
        return Finding("E-mail", says, State.UNSEEN)
    try:
        greet(relay)
    except Unreachable as error:
        words = {
            "sign-in": _("It refuses the name or the password in CLEW_SMTP_URL."),
            "TLS": _(
                "Its certificate or its TLS cannot be trusted, or it speaks none at that port: smtp:// is STARTTLS, smtps:// is TLS."
            ),
            "not offered": _(
                "It offers no STARTTLS or no sign-in there. Try smtps:// and port 465."
            ),
        }
        says = words.get(
            str(error.details["why"]),
            _("It cannot be reached at %s. Look at host, port and firewall.")
            % f"{relay.host}:{relay.port}",
        )
        return Finding("E-mail", says, State.LOOK)
    return Finding("E-mail", _("It takes us at %s.") % f"{relay.host}:{relay.port}")


def backup() -> Finding:
    """Tell that nothing is known of backups: they are files that somebody keeps elsewhere."""
    says = _(
        "Clew keeps no list of them. See that the newest file of clew backup is of today, and try it: clew drill."
    )
    return Finding("Last backup", says, State.UNSEEN)


def everywhere(environment: Mapping[str, str], now: datetime) -> dict[str, list[Finding]]:
    """Look at all that costs little to look at, by area."""
    return {
        "settings": settings(environment),
        "database": list(database(now)),
        "work": list(work(now)),
    }
