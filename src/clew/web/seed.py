"""What every deployment starts with: grading rules, how soon leads are met with, a calendar, two pipelines."""

from datetime import datetime

from django.db import transaction

from clew.grading import seed as grading
from clew.grading.actions import publish
from clew.grading.models import Level, RuleSet, Validity
from clew.handoff.models import Calendar
from clew.pipeline.clocks.models import Policy
from clew.pipeline.moves.actions import stages
from clew.pipeline.plays.actions import plays, scripts

DAY = 24 * 60
WEEK = [[d * DAY + 8 * 60 + 30, d * DAY + 18 * 60] for d in range(6)]  # Monday to Saturday
# Target, warning, telling the manager and taking back, in working minutes: before the hour is over for what is hot.
SOON = {
    ("first", Level.HIGH): (10, 8, 15, 30),
    ("first", Level.MEDIUM): (60, 45, 90, None),
    ("first", Level.LOW): (24 * 60, None, None, None),
    ("next", Level.HIGH): (30, 20, 60, None),
    ("next", Level.MEDIUM): (120, 90, 240, None),
    ("next", Level.LOW): (24 * 60, None, None, None),
}


@transaction.atomic
def ensure(now: datetime) -> None:
    """Put in place what is missing; changes nothing that is there."""
    if not RuleSet.objects.exists():
        publish(
            grading.RULES,
            high_from=grading.HIGH_FROM,
            medium_from=grading.MEDIUM_FROM,
            now=now,
        )
    for (kind, level), (target, warn, escalate, reclaim) in SOON.items():
        Policy.objects.get_or_create(
            team=None,
            kind=kind,
            level=level,
            ended_at=None,
            defaults={
                "target_minutes": target,
                "warn_minutes": warn,
                "escalate_minutes": escalate,
                "reclaim_minutes": reclaim,
                "made_at": now,
            },
        )
    Validity.objects.get_or_create(category="", defaults=grading.VALIDITY)
    stages.ensure()
    scripts.ensure(now)
    plays.ensure(now)
    if not Calendar.objects.exists():
        Calendar.objects.create(name="周一至周六 8:30–18:00", week=WEEK)
