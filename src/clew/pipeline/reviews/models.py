"""Samples of losses, and what a manager made of each."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member, Team
from clew.contacts.models import Lead


class Sample(models.Model):
    """Losses of a team that were drawn to be looked at: by which seed, of how many, ended between which moments."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="loss_samples")
    since = models.DateTimeField()
    until = models.DateTimeField()
    seed = models.CharField(max_length=40)
    of_count = models.PositiveIntegerField()
    drawn_at = models.DateTimeField()
    drawer = models.ForeignKey(Member, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=models.F("since")), name="sample_ends_after_it_begins"
            ),
            models.UniqueConstraint("team", "seed", name="sample_once_per_seed"),
        ]

    def __str__(self) -> str:
        return f"sample {self.pk}"


class Review(models.Model):
    """One loss of a sample: whose, why it was said to be lost, and what a manager made of it."""

    class Verdict(models.TextChoices):
        """Nothing yet; the loss stands; or it is tried a second time, so it was lost too soon."""

        NONE = ""
        AGREED = "agreed"
        REOPENED = "reopened"

    id = models.BigAutoField(primary_key=True)
    sample = models.ForeignKey(Sample, models.PROTECT, related_name="reviews", db_index=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="reviews")
    member = models.ForeignKey(Member, models.PROTECT, related_name="loss_reviews")
    reason = models.CharField(max_length=40)
    ended_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    why = models.CharField(max_length=200, blank=True)
    reviewer = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("sample", "lead", name="review_once_per_sample"),
            models.CheckConstraint(
                condition=Q(verdict="", reviewed_at__isnull=True, reviewer__isnull=True)
                | Q(verdict="agreed", reviewed_at__isnull=False, reviewer__isnull=False)
                | Q(verdict="reopened", reviewed_at__isnull=False, reviewer__isnull=False)
                & ~Q(why=""),
                name="review_says_who_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.lead_id}"
