"""Publishing grading rules."""

from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max

from clew.grading.errors import RulesInvalid
from clew.grading.models import RuleSet
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
