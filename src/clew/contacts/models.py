"""Who it is: people, the ways of reaching them, and their enquiries."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from clew.base.models import Written
from clew.capture.models import Source, Submission


class Contact(Written):
    """A person. The name stays clear for search; every way of reaching them is an Identifier.

    Where several contacts were merged, `survivor` is the one that all of them stand for, whatever the
    chain of merges; `name` and `company` are what was chosen for all, `own_…` what each had before.
    """

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=120, blank=True)
    company = models.CharField(max_length=200, blank=True)
    initials = models.CharField(max_length=330, blank=True, db_default="")  # of both, for search
    pairs = ArrayField(models.IntegerField(), blank=True, db_default=[])  # of letters, as figures
    created_at = models.DateTimeField()
    survivor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, db_index=False, related_name="absorbed"
    )
    own_name = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001  null: not merged
    own_company = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(survivor=F("id")), name="contact_survivor_is_another"
            ),
        ]
        indexes = [
            models.Index(
                fields=["survivor"],
                name="contact_absorbed",
                condition=Q(survivor__isnull=False),
            ),
            models.Index(fields=["written_in", "id", "written_at"], name="contact_written"),
            GinIndex(fields=["pairs"], name="contact_letter_pairs"),
        ]

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
    contact = models.ForeignKey(  # a trigger checks it, for all rows of a statement at once
        Contact, models.CASCADE, db_constraint=False, related_name="identifiers"
    )
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
        Submission,
        models.PROTECT,
        primary_key=True,
        db_column="id",
        db_constraint=False,
        related_name="lead",
    )
    # Triggers check what a lead refers to, all rows of a statement at once (docs/decisions/checked-at-once.md).
    contact = models.ForeignKey(Contact, models.PROTECT, db_constraint=False, related_name="leads")
    person = (
        models.ForeignKey(  # the survivor of the contact's merges; null where it is the contact
            Contact,
            models.PROTECT,
            null=True,
            blank=True,
            db_constraint=False,
            db_index=False,
            related_name="person_leads",
        )
    )
    source = models.ForeignKey(Source, models.PROTECT, db_constraint=False, related_name="leads")
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
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="followers",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    is_history = models.BooleanField(default=False)  # over before Clew learnt of it
    custom = (
        models.JSONField(  # what the operator's fields hold, by key, as capture.custom keeps it
            default=dict, db_default=Value({}, models.JSONField())
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Coalesce("person", "contact"),
                condition=Q(ended_at__isnull=True),
                name="lead_one_open_per_person",
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
            models.Index(fields=["-opened_at"], name="lead_newest_of_all"),  # what a search walks
            models.Index(
                fields=["follows"],
                name="lead_followed",
                condition=Q(follows__isnull=False),
            ),
            models.Index(
                fields=["person"], name="lead_of_person", condition=Q(person__isnull=False)
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
    contact = models.ForeignKey(  # who sent it, where that is a merged contact and not the lead's
        Contact, models.PROTECT, null=True, blank=True, db_index=False, related_name="repeats"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["contact"], name="repeat_of_merged", condition=Q(contact__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} of {self.lead_id}"


class Correction(models.Model):
    """What somebody set a custom field of a lead to; null where they cleared it. Append-only.

    A correction of what a lead is about or where it is from has the key `lead.` and the fact, and says what was
    there before: {"was", "is"}.
    What a submission says afterwards counts more, as it does over an earlier submission.
    """

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="corrections")
    key = models.CharField(max_length=40)
    value = models.JSONField(null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.key} of {self.lead_id}"


class Merge(models.Model):
    """Somebody said that two contacts are one person: a pointer from one to the survivor.

    It stands until it is undone. Nothing is moved, so that nothing has to be moved back.
    """

    id = models.UUIDField(primary_key=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="merges")
    survivor = models.ForeignKey(Contact, models.PROTECT, related_name="merges_in")
    name = models.CharField(max_length=120, blank=True)  # what is shown from then on
    company = models.CharField(max_length=200, blank=True)
    chosen = models.JSONField()  # {"name": whose, "company": whose}: contact or survivor
    reason = models.CharField(max_length=200, blank=True)
    closed_lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, related_name="closed_by_merges"
    )
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(undone_at__isnull=True),
                name="merge_one_standing_per_contact",
            ),
            models.CheckConstraint(
                condition=~Q(contact=F("survivor")), name="merge_of_two_contacts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} into {self.survivor_id}"


class Trait(models.Model):
    """By what a contact is found where duplicates are looked for: keyed hashes, made in the background."""

    contact = models.OneToOneField(
        Contact, models.CASCADE, primary_key=True, db_constraint=False, related_name="trait"
    )
    digests = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [
            GinIndex(  # each step looks things up, which what is pending would slow down
                fields=["digests"], name="trait_digests", fastupdate=False
            )
        ]

    def __str__(self) -> str:
        return f"traits of {self.contact_id}"


class Suspect(models.Model):
    """Two contacts that may be one person, and why. What somebody decided about them is remembered."""

    class State(models.TextChoices):
        """What was decided."""

        OPEN = "open"
        DIFFERENT = "different"  # not a duplicate
        MERGED = "merged"

    first = models.ForeignKey(
        Contact, models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    second = models.ForeignKey(Contact, models.CASCADE, db_constraint=False, related_name="+")
    reasons = models.JSONField()
    score = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("first", "second", name="suspect_pair_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="suspect_first_is_smaller"
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | Q(state__in=["different", "merged"], settled_at__isnull=False),
                name="suspect_settled_when_decided",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-score", "-id"], name="suspect_to_look_at", condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class Search(models.Model):
    """How far the search for duplicates has come: the entry of the ledger that was looked at last."""

    entry_id = models.BigIntegerField(default=0)
    found_count = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"up to {self.entry_id}"
