"""What was measured of waiting, the order in which somebody saw their day, and results that came too late to fit."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clew.access.models import Member


class Measurement(models.Model):
    """What the leads of the past year told on one day: counts, and how far waiting lowers the chance.

    `told` and `worth` are what `rules.figures` takes, by channel and grade; the order of a day is computed anew from
    them. `power` and `error` are empty where too few were won.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    told = models.JSONField()
    worth = models.JSONField()
    power = models.FloatField(null=True)
    error = models.FloatField(null=True)
    lead_count = models.PositiveIntegerField()
    won_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(power__isnull=True, error__isnull=True) | Q(error__gt=0),
                name="measurement_power_with_its_error",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}: {self.lead_count} leads"


class Stray(models.Model):
    """A result that was given without network and does not fit any more: the words, for whoever wrote them.

    `code` says why. It has no foreign key to the lead: that may be gone, or somebody else's.
    """

    call_id = models.UUIDField(primary_key=True)  # made by the page, so that one sent twice is one
    member = models.ForeignKey(Member, models.CASCADE, related_name="strays")
    lead_id = models.UUIDField()
    at = models.DateTimeField()
    code = models.CharField(max_length=40)
    body = models.BinaryField()  # sealed
    kept_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["lead_id"], name="stray_of_lead"),
            models.Index(fields=["kept_at"], name="stray_by_age"),
        ]

    def __str__(self) -> str:
        return f"stray {self.call_id}: {self.code}"


class Shown(models.Model):
    """The order in which a member's page showed the leads of the day last: rows stay there while they cost about as much."""

    member = models.OneToOneField(
        Member, models.CASCADE, primary_key=True, related_name="shown_day"
    )
    lead_ids = ArrayField(models.UUIDField())
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"day of {self.member_id}"
