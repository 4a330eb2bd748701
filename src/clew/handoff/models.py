"""Whose it is: how teams take leads, who sits where, and where each lead stands."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField
from django.db import models
from django.db.models import Q

from clew.access.models import Member, Team
from clew.base.models import Written
from clew.contacts.models import Lead


def _range(*bounds: models.Value | str, of: str) -> models.Func:
    kind = BigIntegerRangeField() if of == "int8range" else DateTimeRangeField()
    return models.Func(*bounds, function=of, output_field=kind)


class Calendar(models.Model):
    """Working time: spans of a week in minutes since Monday 00:00, days off, and exchanged days.

    `days_on`: dates that are worked although they are not, or not so, with the weekday (0 for Monday)
    whose blocks hold.
    """

    name = models.CharField(max_length=60)
    time_zone = models.CharField(max_length=60, default="Asia/Shanghai")
    week = models.JSONField()
    days_off = models.JSONField(default=list)
    days_on = models.JSONField(default=dict, db_default={})

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(week=[]), name="calendar_has_hours"),
        ]

    def __str__(self) -> str:
        return self.name


class Method(models.Model):
    """How a team takes leads: from which side, in which hours, and what each grade does."""

    class Side(models.TextChoices):
        """Strangers from the net, people who were introduced, or only what a distribution rule sends."""

        ONLINE = "online"
        OFFLINE = "offline"
        RULES = "rules"

    class Way(models.TextChoices):
        """To the person whose turn it is by weight, to who has waited longest, or into the team's pool."""

        TURN = "turn"
        IDLE = "idle"
        POOL = "pool"

    team = models.OneToOneField(Team, models.PROTECT, primary_key=True, related_name="method")
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="methods")
    side = models.CharField(max_length=10, choices=Side)
    high = models.CharField(max_length=10, choices=Way, default=Way.TURN)
    medium = models.CharField(max_length=10, choices=Way, default=Way.TURN)
    low = models.CharField(max_length=10, choices=Way, default=Way.POOL)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["side"], condition=~Q(side="rules"), name="method_one_team_per_side"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side}: team {self.team_id}"


class Seat(models.Model):
    """A member's place in a team's turn: weight, capacity, what it takes on, and the credit that is due.

    Without a calendar the team's holds. Waiting counts from when it joined, came `back_at` or was `served_at`
    a lead by turn, whatever is latest. `categories` (as written) and `territories` (spans of GB/T 2260
    codes) that are empty mean all.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="seats")
    member = models.ForeignKey(Member, models.PROTECT, related_name="seats")
    weight = models.PositiveSmallIntegerField(default=1)
    capacity = models.PositiveIntegerField(default=50)
    credit = models.BigIntegerField(default=0)  # micro-leads due; the seats of a team sum to zero
    open_count = models.IntegerField(default=0)
    turn_count = models.PositiveBigIntegerField(  # leads that it was ever given by turn
        default=0, db_default=0
    )
    is_present = models.BooleanField(default=True)
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="seats"
    )
    categories = models.JSONField(default=list, db_default=[])
    territories = models.JSONField(default=list, db_default=[])
    joined_at = models.DateTimeField()
    back_at = models.DateTimeField(null=True, blank=True)
    served_at = models.DateTimeField(null=True, blank=True)
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


class Absence(models.Model):
    """A time, planned ahead, in which a seat takes no turn. Ended early it is cancelled, never deleted.

    Two that hold of one seat never overlap. The seat is compared as a range of one, for which the database
    needs no extension.
    """

    id = models.BigAutoField(primary_key=True)
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="absences")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    reason = models.CharField(max_length=40, blank=True)
    planned_at = models.DateTimeField()
    planner = models.ForeignKey(Member, models.PROTECT, related_name="planned_absences")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at__gt=models.F("from_at")), name="absence_ends_after_it_begins"
            ),
            ExclusionConstraint(
                name="absence_apart",
                expressions=[
                    (_range("seat_id", "seat_id", models.Value("[]"), of="int8range"), "&&"),
                    (_range("from_at", "until_at", of="tstzrange"), "&&"),
                ],
                condition=Q(cancelled_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["seat", "until_at"],
                name="absence_of_seat",
                condition=Q(cancelled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat_id} away from {self.from_at}"


class Round(models.Model):
    """One decision over a batch of leads of one team, with all that went into it.

    `seats` are `rules.Seat` as they stood before it, `leads` are `rules.Lead` in order: from these two
    the outcome is recomputed.
    """

    id = models.UUIDField(primary_key=True)
    team = models.ForeignKey(Team, models.PROTECT, db_index=False, related_name="rounds")
    decided_at = models.DateTimeField()
    rules_version = models.PositiveSmallIntegerField()
    seats = models.JSONField()
    leads = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["team", "decided_at"], name="round_of_team")]

    def __str__(self) -> str:
        return str(self.pk)


class Placement(Written):
    """Where a lead stands. One open row per lead: nobody is forgotten, nobody has two owners.

    A trigger checks team, seat and round, for all rows of a statement at once.
    """

    class Kind(models.TextChoices):
        """With a person, in a team's pool, or closed."""

        PERSON = "person"
        POOL = "pool"
        CLOSED = "closed"

    id = models.BigAutoField(primary_key=True)
    # Triggers check these four references, a statement at a time.
    lead = models.ForeignKey(Lead, models.PROTECT, db_constraint=False, related_name="placements")
    kind = models.CharField(max_length=10, choices=Kind)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, db_constraint=False, related_name="placements"
    )
    seat = models.ForeignKey(
        Seat,
        models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="placements",
    )
    reason = models.CharField(max_length=40)
    round = models.ForeignKey(
        Round,
        models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="placements",
    )
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
            models.Index(fields=["seat", "-opened_at"], name="placement_of_seat"),
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
            models.Index(
                fields=["team", "opened_at"],
                name="placement_ended_of_team",
                condition=Q(closed_at__isnull=True, kind="closed"),
            ),
            models.Index(
                fields=["opened_at"],
                name="placement_went_round",
                condition=Q(closed_at__isnull=True, kind="pool", reason="went_round"),
            ),
            models.Index(fields=["written_in", "id", "written_at"], name="placement_written"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id}: {self.kind}"


class Routing(models.Model):
    """One version of the distribution rules, never changed. A trial one holds for its pilot alone."""

    version = models.PositiveIntegerField(unique=True)
    rules = models.JSONField()
    is_trial = models.BooleanField(default=False)
    published_at = models.DateTimeField()
    publisher = models.ForeignKey(Member, models.PROTECT, null=True, related_name="routings")

    def __str__(self) -> str:
        return f"distribution rules {self.version}"


class RoutingDraft(models.Model):
    """The one set of rules that is being written. Each change counts `edition` up: nobody overwrites."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    rules = models.JSONField(default=list)
    edition = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    editor = models.ForeignKey(Member, models.PROTECT, null=True, related_name="routing_drafts")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="routingdraft_only_one")]

    def __str__(self) -> str:
        return f"draft, edition {self.edition}"


class Pilot(models.Model):
    """Other rules for a share of the leads, in some regions or everywhere, beside those in force."""

    routing = models.OneToOneField(Routing, models.PROTECT, related_name="pilot")
    percent = models.PositiveSmallIntegerField()
    regions = models.JSONField(default=list)  # GB/T 2260 codes; none: everywhere
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gte=1) & Q(percent__lte=100),
                name="pilot_share_is_a_percentage",
            ),
            models.UniqueConstraint(
                models.ExpressionWrapper(Q(ended_at__isnull=True), models.BooleanField()),
                condition=Q(ended_at__isnull=True),
                name="pilot_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % by {self.routing}"


class Route(models.Model):
    """Which rule sent a lead to which team, and the facts that decided. Without a rule: by its side."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, db_constraint=False, related_name="routes")
    routing = models.ForeignKey(Routing, models.PROTECT, related_name="routes", db_index=False)
    rule = models.PositiveSmallIntegerField(null=True)
    facts = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["routing", "at"], name="route_by_rules")]

    def __str__(self) -> str:
        return f"{self.lead_id} by rule {self.rule}"
