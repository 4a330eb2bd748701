"""How good it is: versions of the rules, and the grades they gave."""

from django.db import models
from django.db.models import Q

from clew.contacts.models import Lead


class Level(models.IntegerChoices):
    """Intent. The order is meant: higher is better."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class RuleSet(models.Model):
    """One published version of the grading rules. Never changed, only followed by the next."""

    version = models.PositiveIntegerField(unique=True)
    rules = models.JSONField()
    high_from = models.SmallIntegerField()
    medium_from = models.SmallIntegerField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(high_from__gt=models.F("medium_from")), name="ruleset_high_above_medium"
            ),
        ]

    def __str__(self) -> str:
        return f"rules {self.version}"


class Validity(models.Model):
    """For how many days after its last sign of life a lead of a category stays valid, by grade."""

    category = models.CharField(max_length=60, unique=True, blank=True)  # empty: every other one
    high_days = models.PositiveSmallIntegerField()
    medium_days = models.PositiveSmallIntegerField()
    low_days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(high_days__gte=1) & Q(medium_days__gte=1) & Q(low_days__gte=1),
                name="validity_at_least_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.high_days}, {self.medium_days}, {self.low_days} days"


class Grade(models.Model):
    """A grade with the facts it was given on and the signals that make up its points."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="grades")
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="grades")
    level = models.SmallIntegerField(choices=Level)
    points = models.SmallIntegerField()
    signals = models.JSONField()
    facts = models.JSONField()
    graded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(superseded_at__isnull=True),
                name="grade_one_current_per_lead",
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="grade_known_level"),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.points}"
