"""Publishing grading rules, and saying how long leads stay valid."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max

from clew.base.ledger import Actor, append
from clew.contacts.models import Lead
from clew.grading.belt import renew
from clew.grading.errors import CategoryUnknown, RulesInvalid, ValidityImpossible
from clew.grading.events import ValidityChanged
from clew.grading.models import RuleSet, Validity
from clew.grading.rules import Rule, compile_rules


@transaction.atomic
def publish(
    rules: list[dict[str, Any]], *, high_from: int, medium_from: int, now: datetime
) -> RuleSet:
    """Put a new version of the rules in force. Raises RulesInvalid."""
    try:
        compile_rules(msgspec.convert(rules, list[Rule]))
    except (msgspec.ValidationError, ValueError) as wrong:
        raise RulesInvalid(why=str(wrong)) from wrong
    newest = RuleSet.objects.aggregate(newest=Max("version"))["newest"] or 0
    return RuleSet.objects.create(
        version=newest + 1,
        rules=rules,
        high_from=high_from,
        medium_from=medium_from,
        published_at=now,
    )


LONGEST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Days:
    """For how many days leads stay valid after their last sign of life, by grade."""

    high_days: int
    medium_days: int
    low_days: int


@transaction.atomic
def set_validity(category: str, days: Days, *, actor: Actor, now: datetime) -> Validity:
    """Say how long the leads of a category stay valid; an empty category stands for all others.

    Holds from a lead's next sign of life on. Raises ValidityImpossible.
    """
    if not all(1 <= number <= LONGEST_DAYS for number in asdict(days).values()):
        raise ValidityImpossible
    found, _ = Validity.objects.update_or_create(category=category.strip(), defaults=asdict(days))
    append(ValidityChanged(found.pk, found.category, **asdict(days)), actor=actor, at=now)
    return found


@transaction.atomic
def drop_validity(category: str, *, actor: Actor, now: datetime) -> None:
    """Let a category follow the line for all others again. Raises CategoryUnknown."""
    found = Validity.objects.select_for_update().filter(category=category).first()
    if found is None or not found.category:
        raise CategoryUnknown
    append(ValidityChanged(found.pk, category, None, None, None), actor=actor, at=now)
    found.delete()


def keep_alive(lead_id: UUID, at: datetime) -> None:
    """A person did something about a lead, or will on a day: its validity runs from then.

    The caller holds the lead's lock.
    """
    Lead.objects.filter(pk=lead_id).update(alive_at=at)
    renew([lead_id])
