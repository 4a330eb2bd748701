"""What every deployment starts with: grading rules, contact targets, a working calendar and two pipelines."""

from datetime import datetime

from django.db import transaction

from clew.grading import seed as grading
from clew.grading.actions import publish
from clew.grading.models import Level, RuleSet, Validity
from clew.handoff.models import Calendar
from clew.pipeline.models import Target
from clew.pipeline.moves.actions import stages

DAY = 24 * 60
WEEK = [[d * DAY + 8 * 60 + 30, d * DAY + 18 * 60] for d in range(6)]  # Monday to Saturday
MINUTES = {Level.HIGH: 10, Level.MEDIUM: 60, Level.LOW: 24 * 60}


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
    for level, minutes in MINUTES.items():
        Target.objects.get_or_create(level=level, defaults={"minutes": minutes})
    Validity.objects.get_or_create(category="", defaults=grading.VALIDITY)
    stages.ensure()
    if not Calendar.objects.exists():
        Calendar.objects.create(name="周一至周六 8:30–18:00", week=WEEK)
