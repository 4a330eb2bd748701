"""What happens to grades."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class ValidityChanged(Event):
    """The leads of a category stay valid for this many days, by grade; none where the rule was dropped."""

    validity_id: int
    category: str
    high_days: int | None
    medium_days: int | None
    low_days: int | None


@dataclass(frozen=True, slots=True)
class LeadGraded(Event):
    """A lead got a grade, its first or another."""

    lead_id: UUID
    level: int
    points: int
    rules_version: int


@dataclass(frozen=True, slots=True)
class GradingRulesDrafted(Event):
    """Somebody wrote on the draft of the grading rules."""

    draft_id: int
    edition: int
    rule_count: int


@dataclass(frozen=True, slots=True)
class GradingRulesPublished(Event):
    """Grading rules hold from the next lead on; `again`: the version that came back with them."""

    rule_set_id: int
    version: int
    rule_count: int
    again: int | None


@dataclass(frozen=True, slots=True)
class GradingRulesTried(Event):
    """Somebody tries rules on past leads."""

    trial_id: UUID
    edition: int
    lead_count: int


@dataclass(frozen=True, slots=True)
class GradeOverridden(Event):
    """A person said what the grade is; the reason stands in the row."""

    lead_id: UUID
    override_id: int
    level: int


@dataclass(frozen=True, slots=True)
class OverrideLifted(Event):
    """The rules grade the lead again."""

    lead_id: UUID
    override_id: int
    level: int
    points: int
