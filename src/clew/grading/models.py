"""How good it is: versions of the rules, and the grades they gave."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member
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
    publisher = models.ForeignKey(Member, models.PROTECT, null=True, related_name="rule_sets")
    again = models.ForeignKey("self", models.PROTECT, null=True, related_name="returns")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(high_from__gt=models.F("medium_from")), name="ruleset_high_above_medium"
            ),
        ]

    def __str__(self) -> str:
        return f"rules {self.version}"


class RuleDraft(models.Model):
    """The one set of rules that is being written. Each change counts `edition` up: nobody overwrites."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    rules = models.JSONField(default=list)
    high_from = models.SmallIntegerField()
    medium_from = models.SmallIntegerField()
    edition = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    editor = models.ForeignKey(Member, models.PROTECT, null=True, related_name="rule_drafts")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ruledraft_only_one")]

    def __str__(self) -> str:
        return f"draft, edition {self.edition}"


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


class Override(models.Model):
    """A person's word about a grade: it holds, whatever the rules say, until it is lifted."""

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="overrides")
    level = models.SmallIntegerField(choices=Level)
    reason = models.CharField(max_length=200)
    made_by = models.ForeignKey(Member, models.PROTECT, related_name="overrides")
    made_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        Member, models.PROTECT, null=True, related_name="overrides_lifted"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(lifted_at__isnull=True),
                name="override_one_open_per_lead",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="override_known_level"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="override_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} by {self.made_by_id}"


class Grade(models.Model):
    """A grade with the facts it was given on and the signals that make up its points.

    Points and signals are always the rules'; the level is a person's where there is an override.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, db_constraint=False, related_name="grades")
    rule_set = models.ForeignKey(  # a trigger checks it, for all rows of a statement at once
        RuleSet, models.PROTECT, db_index=False, db_constraint=False, related_name="grades"
    )
    level = models.SmallIntegerField(choices=Level)
    points = models.SmallIntegerField()
    signals = models.JSONField()
    facts = models.JSONField()
    graded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)
    override = models.ForeignKey(
        Override,
        models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="grades",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(superseded_at__isnull=True),
                name="grade_one_current_per_lead",
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="grade_known_level"),
        ]
        indexes = [
            models.Index(
                fields=["override"], name="grade_by_person", condition=Q(override__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.points}"

    @property
    def told_points(self) -> int | None:
        """Give the points beside the level where they made it; a person's word has none."""
        return None if self.override_id else self.points


class Trial(models.Model):
    """Rules tried on the kept facts of past leads, newest first, before anybody lets them hold."""

    id = models.UUIDField(primary_key=True)
    asked_by = models.ForeignKey(Member, models.PROTECT, related_name="trials")
    asked_at = models.DateTimeField()
    edition = models.PositiveIntegerField()  # of the draft
    rules = models.JSONField()
    high_from = models.SmallIntegerField()
    medium_from = models.SmallIntegerField()
    expected_count = models.PositiveIntegerField()
    seen_count = models.PositiveIntegerField(default=0)
    up_count = models.PositiveIntegerField(default=0)
    down_count = models.PositiveIntegerField(default=0)
    kept_count = models.PositiveIntegerField(default=0)  # graded by a person: rules change nothing
    position = models.UUIDField(null=True)  # the lead that was looked at last
    problem = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    held_by = models.UUIDField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asked_by"],
                condition=Q(ended_at__isnull=True),
                name="trial_one_under_way_per_member",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], name="trial_to_advance", condition=Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"trial {self.pk}"


class TrialChange(models.Model):
    """A lead that would have another grade."""

    id = models.BigAutoField(primary_key=True)
    trial = models.ForeignKey(Trial, models.CASCADE, related_name="changes", db_index=False)
    lead = models.ForeignKey(Lead, models.PROTECT, db_constraint=False, related_name="+")
    level_before = models.SmallIntegerField()
    points_before = models.SmallIntegerField()
    level_after = models.SmallIntegerField()
    points_after = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(level_before=models.F("level_after")), name="trialchange_is_one"
            ),
        ]
        indexes = [models.Index(fields=["trial", "id"], name="trialchange_of_trial")]

    def __str__(self) -> str:
        return f"{self.level_before} → {self.level_after}"
