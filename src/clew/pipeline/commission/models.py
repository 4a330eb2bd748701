"""Plans, what was won by them line by line, and the months that are closed."""

from django.db import models
from django.db.models import F, Q

from clew.access.models import Member, Team
from clew.contacts.models import Lead
from clew.handoff.models import Placement


class Plan(models.Model):
    """One version of how a team is paid, never changed. It holds from the first of a month on.

    In a month that version holds which was published last among those that had begun. `tiers` are
    `rules.Tier`.
    """

    class Basis(models.TextChoices):
        """What of a deal is counted."""

        VALUE = "value"
        MARGIN = "margin"

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="plans", db_index=False)
    version = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    basis = models.CharField(max_length=10, choices=Basis)
    tiers = models.JSONField()
    is_marginal = models.BooleanField()
    per_deal_minor = models.BigIntegerField(default=0)
    cap_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    published_at = models.DateTimeField()
    publisher = models.ForeignKey(Member, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint("team", "version", name="plan_version_once"),
            models.CheckConstraint(
                condition=Q(valid_from__day=1), name="plan_holds_from_the_first_of_a_month"
            ),
            models.CheckConstraint(condition=~Q(tiers=[]), name="plan_has_tiers"),
            models.CheckConstraint(
                condition=Q(per_deal_minor__gte=0)
                & (Q(cap_minor__isnull=True) | Q(cap_minor__gte=0)),
                name="plan_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(basis__in=["value", "margin"]), name="plan_known_basis"
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.version} of team {self.team_id}"


class Closing(models.Model):
    """A month of a team that is closed: what comes later is booked in a later one."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="closings", db_index=False)
    month = models.DateField()
    closed_at = models.DateTimeField()
    closer = models.ForeignKey(Member, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint("team", "month", name="closing_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="closing_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} of team {self.team_id}"


class Deal(models.Model):
    """A lead that was won, by the placement that closed it. Open again, it is undone; won again, it is another."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="deals")
    placement = models.OneToOneField(Placement, models.PROTECT, related_name="deal")
    won_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(undone_at__isnull=True),
                name="deal_one_standing_per_lead",
            ),
        ]

    def __str__(self) -> str:
        return f"deal of {self.lead_id}"


class Line(models.Model):
    """What one change of a deal changes of what somebody earned in a month. A trigger keeps it as it is.

    `worth_minor`: what of the deal the plan counts, after the change (nothing: nobody has said). `base_minor` and
    `fixed_minor` are what the person's account for the month gained, `…_before` how it stood. `earned_in` is the
    month in which the deal was won, by whose account it is calculated; `booked_in` the one it is paid with.
    """

    class Cause(models.TextChoices):
        """What changed."""

        WON = "won"
        WORTH = "worth"
        SHARE = "share"
        REOPENED = "reopened"

    id = models.BigAutoField(primary_key=True)
    deal = models.ForeignKey(Deal, models.PROTECT, related_name="lines", db_index=False)
    step = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=10, choices=Cause)
    member = models.ForeignKey(Member, models.PROTECT, related_name="lines", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="lines", db_index=False)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="lines", db_index=False)
    percent = models.PositiveSmallIntegerField()
    worth_minor = models.BigIntegerField(null=True)
    base_minor = models.BigIntegerField()
    fixed_minor = models.BigIntegerField()
    base_before = models.BigIntegerField()
    fixed_before = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    earned_in = models.DateField()
    booked_in = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("deal", "step", "member", name="line_once_per_step"),
            models.CheckConstraint(
                condition=Q(base_before__gte=0)
                & Q(fixed_before__gte=0)
                & Q(base_before__gte=-F("base_minor"))
                & Q(fixed_before__gte=-F("fixed_minor")),
                name="line_takes_back_no_more_than_there_was",
            ),
            models.CheckConstraint(
                condition=Q(earned_in__day=1)
                & Q(booked_in__day=1)
                & Q(booked_in__gte=F("earned_in")),
                name="line_booked_when_earned_or_later",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "earned_in", "team"], name="line_of_account"),
            models.Index(fields=["team", "booked_in", "member"], name="line_of_month"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} for deal {self.deal_id}"
