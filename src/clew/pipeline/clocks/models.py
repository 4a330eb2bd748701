"""How soon leads must be met with, by team, kind of clock and grade."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member, Team
from clew.handoff.models import Calendar
from clew.pipeline.moves.models import Stage


class Policy(models.Model):
    """One version of how soon leads of a grade must be met with, and what happens before and after that.

    Minutes are working minutes since a clock began; a step without any is off. Without a team it holds for
    all that have none of their own. A change closes it and appends the next; running clocks keep theirs.

    One of the kind `stage` holds for leads of any grade in one stage, for which `level` is 0. It says whether
    its clock stands still while a next step is planned.
    """

    class Kind(models.TextChoices):
        """What is waited for: that somebody tries at all, or reacts again, or that a lead leaves its stage."""

        FIRST = "first"
        NEXT = "next"
        STAGE = "stage"

    class Stop(models.TextChoices):
        """What is enough: that somebody tried to reach the person, or got through."""

        ATTEMPT = "attempt"
        ANSWER = "answer"

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="policies")
    kind = models.CharField(max_length=10, choices=Kind)
    level = models.SmallIntegerField()
    stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, blank=True, related_name="policies", db_index=False
    )
    target_minutes = models.PositiveIntegerField()
    warn_minutes = models.PositiveIntegerField(null=True, blank=True)
    escalate_minutes = models.PositiveIntegerField(null=True, blank=True)
    reclaim_minutes = models.PositiveIntegerField(null=True, blank=True)
    handons_at_most = models.PositiveSmallIntegerField(default=3)
    stops_on = models.CharField(max_length=10, choices=Stop, default=Stop.ATTEMPT)
    is_paused_by_steps = models.BooleanField(default=True, db_default=True)
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="policies"
    )
    made_at = models.DateTimeField()
    maker = models.ForeignKey(Member, models.PROTECT, null=True, related_name="policies")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "kind", "level", "stage"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="policy_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(warn_minutes__isnull=True)
                | Q(warn_minutes__lt=models.F("target_minutes")),
                name="policy_warns_before_the_target",
            ),
            models.CheckConstraint(
                condition=Q(escalate_minutes__isnull=True)
                | Q(escalate_minutes__gte=models.F("target_minutes")),
                name="policy_escalates_after_the_target",
            ),
            models.CheckConstraint(
                condition=Q(reclaim_minutes__isnull=True)
                | Q(reclaim_minutes__gt=models.F("target_minutes")),
                name="policy_reclaims_after_the_target",
            ),
            models.CheckConstraint(
                condition=Q(target_minutes__gte=1)
                & (
                    Q(kind="stage", level=0, stage__isnull=False)
                    | ~Q(kind="stage") & Q(level__gte=1, level__lte=3, stage__isnull=True)
                ),
                name="policy_of_a_grade_or_a_stage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.level}: {self.target_minutes} min"


class Pause(models.Model):
    """A time in which a clock stands still, and why. It ends by itself, sooner where it is ended or the clock stops."""

    class Reason(models.TextChoices):
        """What is waited for."""

        NEXT_STEP = "next_step"

    id = models.BigAutoField(primary_key=True)
    clock = models.ForeignKey("pipeline.Clock", models.CASCADE, related_name="pauses")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    reason = models.CharField(max_length=20, choices=Reason)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clock"],
                condition=Q(ended_at__isnull=True),
                name="pause_one_open_per_clock",
            ),
            models.CheckConstraint(
                condition=Q(until_at__gt=models.F("from_at")), name="pause_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"pause of clock {self.clock_id}"
