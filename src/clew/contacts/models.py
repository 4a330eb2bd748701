"""Who it is: people, the ways of reaching them, and their enquiries."""

from django.db import models
from django.db.models import Q

from clew.base.models import Written
from clew.capture.models import Source, Submission


class Contact(Written):
    """A person. The name stays clear for search; every way of reaching them is an Identifier."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=120, blank=True)
    company = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["written_in", "id", "written_at"], name="contact_written")]

    def __str__(self) -> str:
        return str(self.pk)


class Identifier(models.Model):
    """A way of reaching a contact: sealed, with keyed hashes of the whole and of its tail."""

    class Kind(models.TextChoices):
        """What it is."""

        PHONE = "phone"
        EMAIL = "email"
        WECHAT = "wechat"

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=10, choices=Kind)
    digest = models.BinaryField(max_length=16)
    tail = models.BinaryField(max_length=16, null=True)
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("kind", "digest", name="identifier_unique")]
        indexes = [models.Index(fields=["tail"], name="identifier_tail")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Overlap(models.Model):
    """A submission gave a way of reaching somebody that another contact had: perhaps the same person.

    Where that other contact is undone, the way goes to whoever gave it next.
    """

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="overlaps")
    kind = models.CharField(max_length=10, choices=Identifier.Kind)
    digest = models.BinaryField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["digest"], name="overlap_of_way")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.submission_id}"


class Lead(Written):
    """One enquiry, from first touch to referral. Its id is that of its first submission."""

    submission = models.OneToOneField(
        Submission, models.PROTECT, primary_key=True, db_column="id", related_name="lead"
    )
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="leads")
    source = models.ForeignKey(Source, models.PROTECT, related_name="leads")
    category = models.CharField(max_length=60, blank=True)
    region = models.CharField(max_length=60, blank=True)
    region_code = models.IntegerField(null=True, blank=True)  # GB/T 2260
    interest = models.CharField(max_length=200, blank=True)
    submission_count = models.PositiveIntegerField(default=1)
    cost_minor = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    strengthened_at = models.DateTimeField()
    alive_at = models.DateTimeField(null=True, blank=True)  # by what people did, or plan to do
    valid_until = models.DateTimeField(null=True, blank=True)
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, db_index=False, related_name="followers"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    is_history = models.BooleanField(default=False)  # over before Clew learnt of it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(ended_at__isnull=True),
                name="lead_one_open_per_contact",
            ),
            models.CheckConstraint(
                condition=Q(submission_count__gte=1), name="lead_has_submissions"
            ),
            models.CheckConstraint(
                condition=~Q(follows=models.F("submission")), name="lead_follows_another"
            ),
        ]
        indexes = [
            models.Index(fields=["is_history", "-opened_at"], name="lead_newest"),
            models.Index(
                fields=["follows"],
                name="lead_followed",
                condition=Q(follows__isnull=False),
            ),
            models.Index(fields=["written_in", "submission", "written_at"], name="lead_written"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Repeat(models.Model):
    """A later submission that strengthened an open lead."""

    submission = models.OneToOneField(Submission, models.PROTECT, primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="repeats")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.submission_id} of {self.lead_id}"
