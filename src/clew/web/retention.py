"""How long what is kept: one table, and the chore that holds to it once a day, a bounded step at a time.

docs/reference/retention.md tells operators the same; a test compares them.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from clew.access import actions as access
from clew.base import duties
from clew.capture.actions import retention
from clew.grading.trials.actions import drop_trials
from clew.pipeline.actions.retention import drop_drafts
from clew.pipeline.bulk.actions import drop_bulk_edits
from clew.pipeline.queue.actions import drop_strays
from clew.reach.actions.notices import drop_notices
from clew.reach.actions.sending import drop_messages

AT_ONCE = 1_000

log = logging.getLogger("clew.retention")


@dataclass(frozen=True, slots=True)
class Rule:
    """What goes after how many days (None: those of CLEW_RETENTION_DAYS), and why then."""

    name: str
    what: str
    days: int | None
    why: str
    drop: Callable[[datetime, int], int]  # of what is from before a time, at most so many

    def before(self, now: datetime) -> datetime:
        """The time from before which things go."""
        days = settings.RETENTION_DAYS if self.days is None else self.days
        return now - timedelta(days=days)


RULES = (
    Rule(
        "failures replayed", "Failures that were replayed", None,
        "The submission itself stays; only the note that it once failed goes.",
        retention.drop_replayed_failures,
    ),
    Rule(
        "submissions ended", "Submissions put aside or corrected, with their failures", None,
        "They never became a lead. They leave both sides of the account.",
        retention.drop_ended_submissions,
    ),
    Rule(
        "rejected settled", "Leads turned away, settled", None,
        "What was stored of them stands in the new submission.",
        retention.drop_settled_rejected,
    ),
    Rule(
        "rejected open", "Leads turned away that nobody has settled", 365,
        "Whoever wrote a year ago does not expect an answer any more.",
        retention.drop_open_rejected,
    ),
    Rule(
        "refusals", "Counts of what was turned away", None,
        "They hold no content, and only recent ones tell anything.",
        duties.drop_refusals,
    ),
    Rule(
        "reruns", "Replays in the background, ended", None,
        "The ledger tells who began them.",
        retention.drop_reruns,
    ),
    Rule(
        "receipts", "What an Idempotency-Key stands for", 30,
        "Nobody sends a request again after a month. External ids stay unique for good.",
        retention.drop_receipts,
    ),
    Rule(
        "visits", "Counts of visits of one network address", 1,
        "They count ten minutes.",
        retention.drop_visits,
    ),
    Rule(
        "forms sent", "Nonces of forms of the pages", 2,
        "A page is not sent again after two days.",
        access.drop_sent,
    ),
    Rule(
        "sign-ins failed", "Failed sign-ins", 1,
        "They count five minutes.",
        access.drop_attempts,
    ),
    Rule(
        "sessions", "Browser sessions that have ended", 0,
        "Nobody can use them.",
        access.drop_sessions,
    ),
    Rule(
        "facts followed", "Marks that a fact was followed", 90,
        "The fact is done; nothing runs it again.",
        duties.drop_followed,
    ),
    Rule(
        "drafts", "Call sheets never saved, after the end of the lead", 30,
        "Nobody goes on with the call.",
        drop_drafts,
    ),
    Rule(
        "import rows", "Cells and samples of imported files, after the end of the import", 90,
        "Refused rows had their time to be corrected; the verdicts stay.",
        retention.empty_imports,
    ),
    Rule(
        "trials", "Trials of grading rules, with the leads that they would have changed", 30,
        "The rules were published or given up; a new trial takes seconds.",
        drop_trials,
    ),
    Rule(
        "bulk edits", "Changes of many leads, with the list of those changed and left", 90,
        "The ledger tells of each lead what was done to it, and by whom.",
        drop_bulk_edits,
    ),
    Rule(
        "notices", "What people were told about their leads", 90,
        "Nobody looks further back; the lead's own page tells what happened to it.",
        drop_notices,
    ),
    Rule(
        "messages", "Messages that went out over robots", 90,
        "They hold no words; what became of each notice went with it.",
        drop_messages,
    ),
    Rule(
        "strays", "Results given without network that could not be logged, and were not dismissed", 90,
        "Whoever wrote them has had them before their eyes for three months.",
        drop_strays,
    ),
)  # fmt: skip
BY_NAME = {rule.name: rule for rule in RULES}


def keep_house(now: datetime) -> bool:
    """Chore: take one step of what is due today. False where nothing is, or another worker is at it."""
    if duties.due(BY_NAME, now) is None:
        return False
    with transaction.atomic():
        if not duties.lock():
            return False
        name = duties.due(BY_NAME, now)
        if name is None:
            return False
        count = _step(BY_NAME[name], now)
        duties.note(name, count, now if count < AT_ONCE else None)
    return True


def _step(rule: Rule, now: datetime) -> int:
    """Drop some; what something else still stands on is left for another day."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            count = rule.drop(rule.before(now), AT_ONCE)
            cursor.execute("set constraints all immediate")
            cursor.execute("set constraints all deferred")
    except IntegrityError:
        log.exception("retention of %s: something else stands on a row", rule.name)
        return 0
    return count
