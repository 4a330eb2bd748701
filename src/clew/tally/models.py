"""Where leads stand, kept narrow so that all of them are counted at once. Written behind everybody's back."""

from django.db import models
from django.db.models import Q


class Group(models.Model):
    """What leads have in common where they are counted: whence, whose, how far, for which reason. Never changed."""

    source_id = models.IntegerField()
    team_id = models.IntegerField(null=True)
    is_history = models.BooleanField()
    stage = models.SmallIntegerField()  # its place in pipeline.stages.STAGES
    kind = models.CharField(max_length=10, null=True)  # noqa: DJ001  null: it stands nowhere
    reason = models.CharField(max_length=40, null=True)  # noqa: DJ001
    promise = models.SmallIntegerField()  # 0 not due, 1 kept, 2 broken

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "team_id", "is_history", "stage", "kind", "reason", "promise"],
                nulls_distinct=False,
                name="group_once",
            ),
        ]

    def __str__(self) -> str:
        return f"source {self.source_id}, team {self.team_id}, stage {self.stage}: {self.reason}"


class Standing(models.Model):
    """How one lead stood when it was looked at last; seconds until its first contact, begun ones whole.

    It has no foreign key: a lead that changes or goes shall not meet a lock here.
    """

    lead_id = models.UUIDField(primary_key=True)
    group_id = models.IntegerField()
    opened_at = models.DateTimeField()
    tried_clock = models.IntegerField(null=True)
    tried_work = models.IntegerField(null=True)
    answered_clock = models.IntegerField(null=True)
    answered_work = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["opened_at"], name="standing_by_time")]

    def __str__(self) -> str:
        return f"{self.lead_id}: group {self.group_id}"


class Progress(models.Model):
    """How far `Standing` has come: all that transactions below `known_below` did is in it, once it is whole."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    known_below = models.BigIntegerField()
    filled_to = models.UUIDField(null=True)  # while the first filling goes on, lead by lead
    is_whole = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="progress_only_one")]

    def __str__(self) -> str:
        return f"below {self.known_below}"
