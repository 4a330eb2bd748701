"""What rests, for whom, and who has touched it when."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member, Team
from clew.contacts.models import Contact, Lead


class RestPolicy(models.Model):
    """Which leads of a team rest when they end or lie in its pool for nothing, and how often they are touched.

    The one without a team is for leads that are no team's. `ends`: reasons of losing, after which a lead rests.
    The other rules are for what waits in the pool to be claimed; what is empty takes nothing.
    """

    team = models.OneToOneField(
        Team, models.PROTECT, null=True, blank=True, related_name="rest_policy"
    )
    ends = models.JSONField(default=list)
    tries = models.PositiveSmallIntegerField(null=True, blank=True)  # calls, none of them answered
    turns = models.PositiveSmallIntegerField(null=True, blank=True)  # how many people had it
    pooled_days = models.PositiveSmallIntegerField(null=True, blank=True)  # and nobody claimed it
    every_days = models.PositiveSmallIntegerField()
    touches_at_most = models.PositiveSmallIntegerField()
    since = models.DateTimeField(
        null=True, blank=True
    )  # what ended from then on is still to be taken in

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.ExpressionWrapper(Q(team__isnull=True), models.BooleanField()),
                condition=Q(team__isnull=True),
                name="restpolicy_one_for_the_company",
            ),
            models.CheckConstraint(
                condition=Q(every_days__gte=1, every_days__lte=365)
                & Q(touches_at_most__gte=1, touches_at_most__lte=100),
                name="restpolicy_touches_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"what rests of team {self.team_id}"


class Keeper(models.Model):
    """Somebody patient, who looks after what rests by a policy."""

    policy = models.ForeignKey(RestPolicy, models.CASCADE, related_name="keepers")
    member = models.ForeignKey(Member, models.PROTECT, related_name="keeping")

    class Meta:
        constraints = [
            models.UniqueConstraint("policy", "member", name="keeper_once_per_policy"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} keeps {self.policy_id}"


class Rest(models.Model):
    """The time in which a closed lead rests; of each person one lead at most. `team` is whose pool it is in.

    `person` is the contact that stands for them. `back_as`: the lead as which they came back, where they wrote.
    """

    class End(models.TextChoices):
        """Why it rests no more."""

        NONE = ""
        WROTE = "wrote"
        INTEREST = "interest"  # shown to whoever touched it
        REOPENED = "reopened"
        NEVER = "never"  # they want to be left alone
        MERGED = "merged"  # with somebody who has another lead
        NEWER = "newer"  # a later lead of the same person rests instead

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="rests")
    person = models.ForeignKey(Contact, models.PROTECT, related_name="rests")
    team = models.ForeignKey(Team, models.PROTECT, null=True, db_index=False, related_name="rests")
    reason = models.CharField(max_length=20)
    since = models.DateTimeField()
    next_touch_at = models.DateTimeField(null=True, blank=True)
    touch_count = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=End, blank=True)
    back_as = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, db_index=False, related_name="rests_before"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(ended_at__isnull=True),
                name="rest_one_open_per_person",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="") | Q(ended_at__isnull=False) & ~Q(end=""),
                name="rest_ends_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(back_as__isnull=True) | Q(end="wrote"),
                name="rest_back_when_they_wrote",
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "next_touch_at"],
                name="rest_due",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(
                fields=["team", "-id"], name="rest_of_team", condition=Q(ended_at__isnull=True)
            ),
            models.Index(
                fields=["back_as"], name="rest_back_as", condition=Q(back_as__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} rests: {self.reason}"


class Touch(models.Model):
    """Something light that was done about a resting lead, and what came of it."""

    class Result(models.TextChoices):
        """What may come of it."""

        WECHAT_ADDED = "wechat_added"
        MESSAGE_SENT = "message_sent"
        NO_ANSWER = "no_answer"
        NOT_NOW = "not_now"
        INTEREST = "interest"
        NEVER = "never"

    id = models.UUIDField(primary_key=True)  # made by the page, so that a double click is one touch
    rest = models.ForeignKey(Rest, models.PROTECT, db_index=False, related_name="touches")
    number = models.PositiveSmallIntegerField()  # of the rest's touches, from 1
    member = models.ForeignKey(Member, models.PROTECT, related_name="touches")
    result = models.CharField(max_length=20, choices=Result)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("rest", "number", name="touch_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.result} by {self.member_id}"
