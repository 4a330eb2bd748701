"""Pipelines and their stages as data; where each lead stays and stayed, and why it left."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member, Team
from clew.contacts.models import Lead


class Pipeline(models.Model):
    """The way of strangers from the net, or of people who were introduced: one for each side."""

    class Side(models.TextChoices):
        """By whether the lead's source is online."""

        ONLINE = "online"
        OFFLINE = "offline"

    side = models.CharField(max_length=10, choices=Side, unique=True)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(side__in=["online", "offline"]), name="pipeline_known_side"
            ),
        ]

    def __str__(self) -> str:
        return self.side


class Stage(models.Model):
    """A step of a pipeline. A retired one takes nobody in any more: its leads go `into` another; its history stays.

    `enters_on`: what brings a lead into it without anybody moving it. `lift_bp`: by how much its play is
    assumed to raise the share that goes on, in basis points; an assumption, never a result.
    """

    class Sign(models.TextChoices):
        """What happens to a lead that puts it into a stage, if it was before it."""

        NONE = ""
        TRIED = "tried"
        ANSWERED = "answered"
        MET = "met"
        WON = "won"

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="stages")
    key = models.SlugField(max_length=40)
    position = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)
    enters_on = models.CharField(max_length=10, choices=Sign, blank=True)
    is_contract = models.BooleanField(default=False)  # from here on nobody takes it away
    lift_bp = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint("pipeline", "key", name="stage_key_once"),
            models.UniqueConstraint(
                fields=["pipeline", "enters_on"],
                condition=Q(retired_at__isnull=True) & ~Q(enters_on=""),
                name="stage_one_for_each_sign",
            ),
            models.CheckConstraint(
                condition=Q(enters_on__in=["", "tried", "answered", "met", "won"]),
                name="stage_known_sign",
            ),
            models.CheckConstraint(condition=Q(lift_bp__lte=10000), name="stage_lift_is_a_share"),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True, into__isnull=True)
                | Q(retired_at__isnull=False, into__isnull=False),
                name="stage_leads_go_on_when_retired",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_id}: {self.key}"


class ExitReason(models.Model):
    """Why leads leave a stage, one of its list. `end` is how the lead is closed by it."""

    stage = models.ForeignKey(Stage, models.PROTECT, related_name="exit_reasons")
    key = models.SlugField(max_length=40)
    position = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)
    end = models.CharField(max_length=20)
    asks_rival = models.BooleanField(default=False)  # the competitor and the price
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("stage", "key", name="exitreason_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id}: {self.key}"


class Stay(models.Model):
    """How long a lead was in a stage, and how it came there. One open row per lead at most.

    A lead without any stands in the first stage of its pipeline since it came in: nothing is written for
    it before somebody acts. `work_seconds`: working time, by the hours of whoever had it when it left.
    """

    class How(models.TextChoices):
        """How it came into the stage."""

        ENTERED = "entered"
        FORWARD = "forward"
        SKIPPED = "skipped"  # forward over stages between
        BACK = "back"
        REOPENED = "reopened"
        RETIRED = "retired"  # the stage that it was in is no more

    class Outcome(models.TextChoices):
        """What became of it; nothing while it lasts."""

        NONE = ""
        ONWARD = "onward"
        BACK = "back"
        LEFT = "left"  # the lead ended lost
        ASIDE = "aside"  # neither: the stage was retired, or the lead was merged

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="stays", db_index=False)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="stays", db_index=False)
    number = models.PositiveSmallIntegerField()  # of the lead's stays, from 1
    how = models.CharField(max_length=10, choices=How)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    work_seconds = models.PositiveIntegerField(null=True, blank=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=40, blank=True)
    note = models.BinaryField(null=True)  # sealed: why, in somebody's own words

    class Meta:
        constraints = [
            models.UniqueConstraint("lead", "number", name="stay_numbered_once"),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(left_at__isnull=True), name="stay_one_open_per_lead"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=models.F("entered_at")),
                name="stay_left_after_entered",
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True, outcome="", work_seconds__isnull=True)
                | Q(left_at__isnull=False) & ~Q(outcome=""),
                name="stay_has_an_outcome_when_left",
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "left_at"], name="stay_of_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} in {self.stage_id}"


class Exit(models.Model):
    """That a lead left its pipeline lost, from which stage and why; `rival` and price where it went there.

    Where no reason of the stage was given (a bad number, an old record), there is only `end`. One that was
    taken up again has `returned_at`.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="exits")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="exits", db_index=False)
    reason = models.ForeignKey(
        ExitReason, models.PROTECT, null=True, related_name="exits", db_index=False
    )
    end = models.CharField(max_length=40)
    rival = models.CharField(max_length=60, blank=True)
    price_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    member = models.ForeignKey(  # who had it
        Member, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(returned_at__isnull=True),
                name="exit_one_standing_per_lead",
            ),
            models.CheckConstraint(
                condition=Q(price_minor__isnull=True) | Q(price_minor__gte=0),
                name="exit_price_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["stage", "-at"], name="exit_of_stage")]

    def __str__(self) -> str:
        return f"{self.lead_id} out of {self.stage_id}"


class Estimate(models.Model):
    """What a lead may be worth, as somebody puts it. The newest holds; earlier ones stay."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="estimates")
    value_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="CNY")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(superseded_at__isnull=True),
                name="estimate_one_in_force_per_lead",
            ),
            models.CheckConstraint(condition=Q(value_minor__gte=0), name="estimate_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id}: {self.value_minor}"


class Usual(models.Model):
    """What is usual in a stage, counted now and then from the stays that ended in the last 90 days.

    `seconds`: the median stay; `passed_bp`: how many of those that left it went on, in basis points.
    """

    stage = models.OneToOneField(Stage, models.CASCADE, primary_key=True, related_name="usual")
    stay_count = models.PositiveIntegerField()
    seconds = models.PositiveBigIntegerField(null=True)
    passed_bp = models.PositiveIntegerField(null=True)
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"usual in {self.stage_id}"
