"""Plays in versions, the leads in them, what was done; and what to say to strangers."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member
from clew.contacts.models import Lead
from clew.pipeline.moves.models import ExitReason, Stage


class Script(models.Model):
    """What to say at a stage, or at any: to begin with, or to something that was said; and what not to do.

    Its words are never changed: a new wording takes the place of the old one, which stays.
    """

    stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="scripts")
    said = models.CharField(max_length=20, blank=True)  # what it answers; nothing: how to begin
    lines_zh = models.TextField(blank=True)  # one thing to say on each line
    lines_en = models.TextField(blank=True)
    avoid_zh = models.CharField(max_length=200, blank=True)
    avoid_en = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField()
    writer = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "said"],
                condition=Q(retired_at__isnull=True),
                nulls_distinct=False,
                name="script_one_in_use",
            ),
            models.CheckConstraint(
                condition=~Q(lines_zh="", lines_en=""), name="script_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.said or 'opening'} at {self.stage_id}"


class Play(models.Model):
    """What is done about leads that are in a stage, or that left it, or left it for one reason.

    `assumed_bp`: by how much it is assumed to raise the share that gets further, in basis points; never a result.
    `edition` counts its changes, so that nobody writes over another's.
    """

    class Begins(models.TextChoices):
        """What leads it is for."""

        ENTERED = "entered"  # who came into the stage, while they are in it
        LEFT = "left"  # who left from it, lost

    class State(models.TextChoices):
        """Whether leads come into it."""

        DRAFT = "draft"
        RUNNING = "running"  # some are held back, to measure it
        PROMOTED = "promoted"  # all get it
        STOPPED = "stopped"

    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="plays")
    reason = models.ForeignKey(ExitReason, models.PROTECT, null=True, related_name="plays")
    begins = models.CharField(max_length=10, choices=Begins)
    assumed_bp = models.PositiveIntegerField(default=0)
    starts_itself = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    edition = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "running", "promoted", "stopped"]),
                name="play_known_state",
            ),
            models.CheckConstraint(
                condition=Q(begins="left") | Q(begins="entered", reason__isnull=True),
                name="play_reason_is_of_who_left",
            ),
            models.CheckConstraint(condition=Q(assumed_bp__lte=10000), name="play_lift_is_a_share"),
        ]
        indexes = [models.Index(fields=["stage", "begins"], name="play_of_stage")]

    def __str__(self) -> str:
        return self.name_en


class Version(models.Model):
    """The steps of a play as they were at a time. Who began by it goes on by it; only that of a draft changes.

    `held_back_percent` of 100 leads go without; a lead counts once `window_days` are over.
    """

    play = models.ForeignKey(Play, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    steps = models.JSONField()
    held_back_percent = models.PositiveSmallIntegerField(default=20)
    window_days = models.PositiveSmallIntegerField(default=30)
    written_at = models.DateTimeField()
    writer = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint("play", "number", name="version_numbered_once"),
            models.CheckConstraint(
                condition=Q(held_back_percent__range=(5, 50)), name="version_holds_some_back"
            ),
            models.CheckConstraint(
                condition=Q(window_days__range=(1, 365)), name="version_window_is_up_to_a_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.play_id}, version {self.number}"


class Run(models.Model):
    """One lead in a play, by one version: played or held back, how far, and why it ended. Once per lead and play.

    `held_back_percent`: the chance with which it was held back; 0 where the play was promoted already, so that
    the run is no part of the measure. `step` is the number of the next one, due at `due_at`.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="runs", db_index=False)
    play = models.ForeignKey(Play, models.PROTECT, related_name="runs", db_index=False)
    version = models.ForeignKey(Version, models.PROTECT, related_name="runs", db_index=False)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_index=False)
    is_held_back = models.BooleanField()
    held_back_percent = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("lead", "play", name="run_once_per_lead_and_play"),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(ended_at__isnull=True, is_held_back=False),
                name="run_one_going_on_per_lead",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, why="")
                | (Q(ended_at__isnull=False, due_at__isnull=True) & ~Q(why="")),
                name="run_ended_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(is_held_back=False) | Q(due_at__isnull=True, held_back_percent__gt=0),
                name="run_held_back_has_no_steps",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="run_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["version", "started_at", "id"], name="run_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} in {self.play_id}"


class Deed(models.Model):
    """A step of a run that was put to somebody: once. `met_at` is when they did it; none where they never did."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="deeds", db_index=False)
    step = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    cost_minor = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("run", "step", name="deed_once_per_step"),
            models.CheckConstraint(
                condition=Q(met_at__isnull=True) | Q(met_at__gte=models.F("at")),
                name="deed_met_after_it_was_due",
            ),
        ]

    def __str__(self) -> str:
        return f"step {self.step} of run {self.run_id}"


class Decision(models.Model):
    """That somebody started, promoted or stopped a play, why, and what its measure said then, in basis points."""

    play = models.ForeignKey(Play, models.CASCADE, related_name="decisions")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=Play.State)
    reason = models.CharField(max_length=200, blank=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    played_count = models.PositiveIntegerField()
    held_back_count = models.PositiveIntegerField()
    difference_bp = models.IntegerField()
    low_bp = models.IntegerField()
    high_bp = models.IntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["promoted", "stopped"]) | ~Q(reason=""),
                name="decision_ends_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.play_id} {self.state}"
