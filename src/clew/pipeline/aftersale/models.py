"""What follows a sale: the plan of a team, what is to be done when, what the customer said."""

from django.db import models
from django.db.models import F, Q

from clew.access.models import Member, Team
from clew.contacts.models import Lead


class CarePlan(models.Model):
    """When a team looks after a customer, and which marks it acts on. A team without one has the usual plan."""

    team = models.OneToOneField(Team, models.PROTECT, primary_key=True, related_name="care_plan")
    check_days = models.PositiveSmallIntegerField()
    ask_days = models.PositiveSmallIntegerField()
    low_until = models.PositiveSmallIntegerField()
    high_from = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(low_until__gte=1, high_from__lte=5, low_until__lt=F("high_from")),
                name="careplan_low_below_high",
            ),
            models.CheckConstraint(
                condition=Q(check_days__gte=1, check_days__lte=365)
                & Q(ask_days__gte=1, ask_days__lte=365),
                name="careplan_within_a_year",
            ),
        ]

    def __str__(self) -> str:
        return f"care plan of team {self.team_id}"


class CareStep(models.Model):
    """Something to be done for a customer. It stands in the day of its member, though the lead is closed."""

    class Kind(models.TextChoices):
        """Is all well? How satisfied? What went wrong? Would they recommend us?"""

        CHECK = "check"
        ASK = "ask"
        RECOVER = "recover"
        REVIEW = "review"

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="care_steps")
    member = models.ForeignKey(Member, models.PROTECT, related_name="care_steps")
    kind = models.CharField(max_length=10, choices=Kind)
    due_at = models.DateTimeField()
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    is_dropped = models.BooleanField(default=False)  # ended without being done
    note = models.BinaryField(null=True)  # sealed: what came of it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "kind"],
                condition=Q(done_at__isnull=True),
                name="carestep_one_open_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(is_dropped=False) | Q(done_at__isnull=False),
                name="carestep_dropped_is_over",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "due_at"],
                name="carestep_of_member",
                condition=Q(done_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.lead_id}"


class Survey(models.Model):
    """The question how satisfied a customer is, under a link known by its digest alone, and the answer."""

    id = models.UUIDField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="surveys")
    member = models.ForeignKey(Member, models.PROTECT, related_name="surveys")
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mark = models.PositiveSmallIntegerField(null=True, blank=True)
    is_complaint = models.BooleanField(default=False)
    words = models.BinaryField(null=True)  # sealed
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mark__isnull=True) | Q(mark__gte=1, mark__lte=5),
                name="survey_mark_from_one_to_five",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, mark__isnull=True, is_complaint=False)
                | Q(answered_at__isnull=False),
                name="survey_answered_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="survey_expires_after_it_was_made"
            ),
        ]
        indexes = [models.Index(fields=["lead", "-made_at"], name="survey_of_lead")]

    def __str__(self) -> str:
        return f"survey of {self.lead_id}"
