"""What arrived, and where it came from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clew.access.models import Organisation, Token

VOUCHED = "source:"  # before the key of the source, where a text version would stand


class Source(models.Model):
    """Where leads come from, what kind of supply it is and what one lead costs."""

    class Kind(models.TextChoices):
        """The supply models of CAP-2."""

        OWN = "own"
        BOUGHT = "bought"
        EARNED = "earned"

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    is_online = models.BooleanField(default=True)
    cost_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="CNY")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cost_minor__gte=0), name="source_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(kind__in=["own", "bought", "earned"]), name="source_known_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ConsentText(models.Model):
    """A wording that people agree to. A change is a new version; old ones stay."""

    purpose = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    wording = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("purpose", "version", name="consenttext_unique_version"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version}"


class Form(models.Model):
    """A hosted page that asks for one way of reaching the person, and one question after it."""

    slug = models.SlugField(max_length=60, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="forms")
    source = models.ForeignKey(Source, models.PROTECT, related_name="forms")
    consent_text = models.ForeignKey(ConsentText, models.PROTECT, related_name="forms")
    title = models.CharField(max_length=80)
    lede = models.CharField(max_length=200, blank=True)
    points = models.JSONField(default=list)
    placeholder = models.CharField(max_length=60, blank=True)
    button = models.CharField(max_length=20)
    promise = models.CharField(max_length=80, blank=True)
    privacy_url = models.URLField(blank=True)
    question = models.CharField(max_length=80, blank=True)
    options = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.title


class Submission(models.Model):
    """One contact attempt as it arrived. Immutable; the body is sealed."""

    class Channel(models.TextChoices):
        """The way in."""

        API = "api"
        FORM = "form"
        TYPED = "typed"

    id = models.UUIDField(primary_key=True)
    source = models.ForeignKey(Source, models.PROTECT, related_name="submissions", db_index=False)
    external_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001  absent is not empty
    channel = models.CharField(max_length=10, choices=Channel)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    cost_minor = models.BigIntegerField(default=0)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40)
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(external_id__isnull=False),
                name="submission_unique_external_id",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Waiting(models.Model):
    """A submission that the belt has not handled yet. The belt deletes it."""

    submission = models.OneToOneField(Submission, models.CASCADE, primary_key=True)

    def __str__(self) -> str:
        return str(self.submission_id)


class Consent(models.Model):
    """On what ground the person may be contacted, as given with one submission. Append-only."""

    pk = models.CompositePrimaryKey("submission_id", "position")
    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="consents", db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0)
    purpose = models.CharField(max_length=40)
    text_version = models.CharField(max_length=80)
    given_at = models.DateTimeField()
    recipient = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.text_version}"

    @property
    def is_vouched(self) -> bool:
        """Tell whether no wording came along and only the source vouches for it."""
        return self.text_version.startswith(VOUCHED)


class Failure(models.Model):
    """A submission that the belt could not handle, until somebody replays or dismisses it."""

    class Settlement(models.TextChoices):
        """How a failure ended."""

        REPLAYED = "replayed"
        DISMISSED = "dismissed"

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="failures")
    code = models.CharField(max_length=60)
    error = models.TextField()
    failed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settlement = models.CharField(max_length=10, choices=Settlement, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(settled_at__isnull=True),
                name="failure_one_open",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settlement="")
                | Q(settled_at__isnull=False) & ~Q(settlement=""),
                name="failure_settled_somehow",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.submission_id}"


class Visit(models.Model):
    """How often one network address sent a form within ten minutes. Holds a keyed hash only."""

    pk = models.CompositePrimaryKey("address", "since")
    address = models.BinaryField(max_length=16)
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["since"], name="visit_since")]

    def __str__(self) -> str:
        return f"{self.count} since {self.since}"


class Receipt(models.Model):
    """What an Idempotency-Key stands for: the body's digest and the submissions it made."""

    pk = models.CompositePrimaryKey("token_id", "key")
    token = models.ForeignKey(Token, models.CASCADE, related_name="receipts", db_index=False)
    key = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)
    submission_ids = ArrayField(models.UUIDField())
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
