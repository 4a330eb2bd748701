"""What teams agree about their leads."""

from django.db import models
from django.db.models import F, Q

from clew.access.models import Member, Team
from clew.contacts.models import Lead
from clew.handoff.models import Placement, Seat


class PoolPolicy(models.Model):
    """When a team's leads go back to a pool, and what becomes of them there. Nothing that is empty holds.

    The one without a team is for the company's pool, of which only the limits of claiming hold. Days are
    working days of whoever has the lead; they end when the last hour of work does.
    """

    team = models.OneToOneField(
        Team, models.PROTECT, null=True, blank=True, related_name="pool_policy"
    )
    uncontacted_minutes = models.PositiveIntegerField(null=True, blank=True)
    idle_days_high = models.PositiveSmallIntegerField(null=True, blank=True)
    idle_days_medium = models.PositiveSmallIntegerField(null=True, blank=True)
    idle_days_low = models.PositiveSmallIntegerField(null=True, blank=True)
    takes_excess = models.BooleanField(default=False)  # what somebody holds over the capacity
    turns = models.PositiveSmallIntegerField(default=0)  # how often such a lead is given out again
    is_public = models.BooleanField(default=False)  # it goes to the company's pool
    claims_per_day = models.PositiveIntegerField(null=True, blank=True)
    views_per_day = models.PositiveIntegerField(null=True, blank=True)
    waits_hours = models.PositiveIntegerField(default=0)  # before who had it may claim it again
    is_veiled = models.BooleanField(default=False)  # names are hidden until it is claimed
    is_lifelong = models.BooleanField(default=False)  # people come back to whoever had them
    overflow = models.ForeignKey(  # who takes leads when everybody of the team is full
        Team, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.ExpressionWrapper(Q(team__isnull=True), models.BooleanField()),
                condition=Q(team__isnull=True),
                name="poolpolicy_one_for_the_company",
            ),
            models.CheckConstraint(
                condition=Q(is_public=False) | Q(turns=0), name="poolpolicy_turns_in_the_own_team"
            ),
            models.CheckConstraint(
                condition=~Q(overflow=F("team")), name="poolpolicy_overflows_into_another"
            ),
        ]

    def __str__(self) -> str:
        return f"pool of team {self.team_id}"


class Recall(models.Model):
    """That a lead was taken back from somebody by rule, and whether it is given out again by turn.

    Its references are no constraints: the place it opened is written with it, and the one it closed holds the seat.
    """

    placement = models.OneToOneField(
        Placement, models.PROTECT, primary_key=True, db_constraint=False, related_name="recall"
    )
    lead = models.ForeignKey(Lead, models.PROTECT, db_constraint=False, related_name="recalls")
    seat = models.ForeignKey(
        Seat, models.PROTECT, db_index=False, db_constraint=False, related_name="recalls"
    )
    reason = models.CharField(max_length=20)
    is_given_out = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.lead_id}: {self.reason}"


class Overload(models.Model):
    """A time in which somebody held more than the capacity. What is too much goes back a working day later."""

    id = models.BigAutoField(primary_key=True)
    seat = models.ForeignKey(Seat, models.PROTECT, db_index=False, related_name="overloads")
    since = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seat"],
                condition=Q(until_at__isnull=True),
                name="overload_one_open_per_seat",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat_id} since {self.since}"


class CreditShare(models.Model):
    """What part of the credit for a lead is whose, in per cent. Closed, never changed.

    A lead without one is wholly its holder's. A trigger sees at the end of each transaction that those of a
    lead which hold sum to 100.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="credit_shares")
    member = models.ForeignKey(Member, models.PROTECT, related_name="credit_shares")
    percent = models.PositiveSmallIntegerField()
    setter = models.ForeignKey(Member, models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "member"],
                condition=Q(until_at__isnull=True),
                name="creditshare_once_per_member",
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=1) & Q(percent__lte=100),
                name="creditshare_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("from_at")),
                name="creditshare_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.lead_id}"


class Opening(models.Model):
    """That somebody looked closer at a lead in a pool, on a day; more looks of a day are one."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, models.PROTECT, db_index=False, related_name="openings")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="openings")
    on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("member", "on", "lead", name="opening_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} by {self.member_id}"
