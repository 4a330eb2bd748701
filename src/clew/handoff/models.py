"""Whose it is: how teams take leads, who sits where, and where each lead stands."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member, Team
from clew.contacts.models import Lead


class Calendar(models.Model):
    """Working time: spans of a week in minutes since Monday 00:00, and days off."""

    name = models.CharField(max_length=60)
    time_zone = models.CharField(max_length=60, default="Asia/Shanghai")
    week = models.JSONField()
    days_off = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class Method(models.Model):
    """How a team takes leads: from which side, in which hours, and what each grade does."""

    class Side(models.TextChoices):
        """Strangers from the net, or people who were introduced."""

        ONLINE = "online"
        OFFLINE = "offline"

    class Way(models.TextChoices):
        """To the person whose turn it is, or into the team's pool."""

        TURN = "turn"
        POOL = "pool"

    team = models.OneToOneField(Team, models.PROTECT, primary_key=True, related_name="method")
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="methods")
    side = models.CharField(max_length=10, choices=Side, unique=True)
    high = models.CharField(max_length=10, choices=Way, default=Way.TURN)
    medium = models.CharField(max_length=10, choices=Way, default=Way.TURN)
    low = models.CharField(max_length=10, choices=Way, default=Way.POOL)

    def __str__(self) -> str:
        return f"{self.side}: team {self.team_id}"


class Seat(models.Model):
    """A member's place in a team's turn: weight, capacity, and the credit that is due."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="seats")
    member = models.ForeignKey(Member, models.PROTECT, related_name="seats")
    weight = models.PositiveSmallIntegerField(default=1)
    capacity = models.PositiveIntegerField(default=50)
    credit = models.BigIntegerField(default=0)  # micro-leads due; the seats of a team sum to zero
    open_count = models.IntegerField(default=0)
    is_present = models.BooleanField(default=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("team", "member", name="seat_once"),
            models.CheckConstraint(
                condition=Q(open_count__gte=0), name="seat_open_count_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.team_id}"


class Round(models.Model):
    """One decision over a batch of leads of one team, with all that went into it.

    `seats` are `rules.Seat` as they stood before it, `leads` are `rules.Lead` in order: from these two
    the outcome is recomputed.
    """

    id = models.UUIDField(primary_key=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="rounds")
    decided_at = models.DateTimeField()
    rules_version = models.PositiveSmallIntegerField()
    seats = models.JSONField()
    leads = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["team", "decided_at"], name="round_of_team")]

    def __str__(self) -> str:
        return str(self.pk)


class Placement(models.Model):
    """Where a lead stands. One open row per lead: nobody is forgotten, nobody has two owners."""

    class Kind(models.TextChoices):
        """With a person, in a team's pool, or closed."""

        PERSON = "person"
        POOL = "pool"
        CLOSED = "closed"

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="placements")
    kind = models.CharField(max_length=10, choices=Kind)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="placements")
    seat = models.ForeignKey(Seat, models.PROTECT, null=True, related_name="placements")
    reason = models.CharField(max_length=40)
    round = models.ForeignKey(Round, models.PROTECT, null=True, related_name="placements")
    turn = models.PositiveIntegerField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(closed_at__isnull=True),
                name="placement_one_open_per_lead",
            ),
            models.CheckConstraint(
                condition=(Q(kind="person", seat__isnull=False) | ~Q(kind="person"))
                & (Q(seat__isnull=True) | Q(kind="person")),
                name="placement_person_has_seat",
            ),
        ]
        indexes = [
            models.Index(
                fields=["seat", "-opened_at"],
                name="placement_open_of_seat",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["team", "-opened_at"],
                name="placement_open_in_pool",
                condition=Q(closed_at__isnull=True, kind="pool"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id}: {self.kind}"
