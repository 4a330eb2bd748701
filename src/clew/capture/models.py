"""What arrived, and where it came from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from clew.access.models import Organisation, Token
from clew.base.models import File

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


class CustomField(models.Model):
    """A field of leads that the operator defined. Retired, never deleted: past values keep their meaning.

    `choices` are objects of key, label and is_retired. `unit` belongs to numbers, `currency` to money.
    """

    class Kind(models.TextChoices):
        """What its values are."""

        TEXT = "text"
        NUMBER = "number"
        DATE = "date"
        CHOICE = "choice"
        MONEY = "money"

    key = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind)
    choices = models.JSONField(default=list)
    unit = models.CharField(max_length=12, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    position = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["text", "number", "date", "choice", "money"]),
                name="customfield_known_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="choice") & ~Q(choices=[]) | ~Q(kind="choice") & Q(choices=[]),
                name="customfield_choices_where_chosen",
            ),
            models.UniqueConstraint(
                Lower("label"),
                condition=Q(retired_at__isnull=True),
                name="customfield_label_once",
            ),
        ]

    def __str__(self) -> str:
        return self.label


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


class FormField(models.Model):
    """A custom field that a form asks for, after the way of reaching the person."""

    form = models.ForeignKey(Form, models.CASCADE, related_name="fields", db_index=False)
    field = models.ForeignKey(CustomField, models.PROTECT, related_name="forms")
    position = models.PositiveSmallIntegerField()
    is_required = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("form", "field", name="formfield_once_on_a_form"),
        ]

    def __str__(self) -> str:
        return f"{self.field_id} on {self.form_id}"


class Submission(models.Model):
    """One contact attempt as it arrived. Immutable; the body is sealed."""

    class Channel(models.TextChoices):
        """The way in."""

        API = "api"
        FORM = "form"
        TYPED = "typed"
        FILE = "file"
        HISTORY = "history"

    id = models.UUIDField(primary_key=True)
    source = models.ForeignKey(  # a trigger checks it, for all rows of a statement at once
        Source, models.PROTECT, related_name="submissions", db_index=False, db_constraint=False
    )
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

    submission = models.OneToOneField(
        Submission, models.CASCADE, primary_key=True, db_constraint=False
    )

    def __str__(self) -> str:
        return str(self.submission_id)


class Consent(models.Model):
    """On what ground the person may be contacted, as given with one submission. Append-only."""

    pk = models.CompositePrimaryKey("submission_id", "position")
    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="consents", db_index=False, db_constraint=False
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
        CORRECTED = "corrected"
        DISMISSED = "dismissed"

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="failures")
    code = models.CharField(max_length=60)
    error = models.TextField()
    failed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settlement = models.CharField(max_length=10, choices=Settlement, blank=True)
    correction = models.ForeignKey(
        Submission, models.SET_NULL, null=True, blank=True, related_name="+"
    )

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
        indexes = [models.Index(fields=["-failed_at", "-id"], name="failure_newest")]

    def __str__(self) -> str:
        return f"{self.code} {self.submission_id}"


class Rejected(models.Model):
    """A lead that a door turned away, kept sealed until it is sent again, corrected or dismissed.

    `digest` tells what is the same: the sender's own id of it, or else all that was sent.
    """

    class Settlement(models.TextChoices):
        """How it ended."""

        REPLAYED = "replayed"
        CORRECTED = "corrected"
        ARRIVED = "arrived"  # its sender has sent it again, and that was stored
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    token = models.ForeignKey(
        Token, models.PROTECT, null=True, related_name="rejected", db_index=False
    )
    form = models.ForeignKey(
        Form, models.PROTECT, null=True, related_name="rejected", db_index=False
    )
    code = models.CharField(max_length=60)
    faults = models.JSONField(default=list)
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="rejected")
    external_id = models.CharField(max_length=200, null=True)  # noqa: DJ001  absent is not empty
    digest = models.BinaryField(max_length=16)
    body = models.BinaryField()
    size = models.PositiveIntegerField()
    count = models.PositiveIntegerField(default=1)
    settled_at = models.DateTimeField(null=True, blank=True)
    settlement = models.CharField(max_length=10, choices=Settlement, blank=True)
    submission = models.ForeignKey(
        Submission, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=Q(settled_at__isnull=True), name="rejected_one_open"
            ),
            models.CheckConstraint(
                condition=Q(token__isnull=False, form__isnull=True)
                | Q(token__isnull=True, form__isnull=False),
                name="rejected_at_one_door",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settlement="")
                | Q(settled_at__isnull=False) & ~Q(settlement=""),
                name="rejected_settled_somehow",
            ),
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="rejected_newest"),
            models.Index(fields=["token", "at"], name="rejected_of_token"),
            models.Index(fields=["form", "at"], name="rejected_of_form"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.pk}"


class Rerun(models.Model):
    """Replaying or dismissing all that fits a filter, done by the worker piece by piece."""

    class What(models.TextChoices):
        """What is done with each."""

        REPLAY = "replay"
        DISMISS = "dismiss"

    id = models.UUIDField(primary_key=True)
    what = models.CharField(max_length=10, choices=What)
    wanted = models.JSONField(default=dict)
    position = models.CharField(max_length=120, blank=True)  # after which it goes on
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="rerun_newest")]

    def __str__(self) -> str:
        return f"{self.done + self.refused} of {self.total}"


class Undone(models.Model):
    """A submission whose import was undone. It stays as evidence and makes no lead."""

    submission = models.OneToOneField(Submission, models.PROTECT, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.submission_id)


class Import(models.Model):
    """One file of leads: what it is, how it is read, how far it has come and what it brought."""

    class State(models.TextChoices):
        """How far it has come. Work goes on by itself from the states ending in ING but UPLOADING."""

        UPLOADING = "uploading"
        EXAMINING = "examining"
        EXAMINED = "examined"  # somebody is to say which column is what
        CHECKING = "checking"
        CHECKED = "checked"  # every row has its verdict; somebody is to say go
        IMPORTING = "importing"
        PAUSED = "paused"
        DONE = "done"
        UNDOING = "undoing"
        UNDONE = "undone"
        FAILED = "failed"  # the file cannot be read; `problem` says why

    id = models.UUIDField(primary_key=True)
    file = models.ForeignKey(File, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=200)
    size = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=32, null=True)
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="imports")
    is_history = models.BooleanField(null=True)
    state = models.CharField(max_length=10, choices=State)
    problem = models.CharField(max_length=60, blank=True)
    layout = models.JSONField(null=True)
    profiles = models.JSONField(default=list)
    plan = models.JSONField(null=True)
    row_count = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    held_by = models.UUIDField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "source", "is_history"],
                condition=Q(state__in=["importing", "paused", "done", "undoing"]),
                name="import_file_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["importing", "paused", "done", "undoing", "undone"])
                | Q(source__isnull=False, is_history__isnull=False, plan__isnull=False),
                name="import_knows_what_it_does",
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="import_newest")]

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """What became of one row of a file. Rows that were left out keep their cells, sealed."""

    class Verdict(models.TextChoices):
        """What a row is, or was, to Clew."""

        NEW = "new"
        STRENGTHENED = "strengthened"
        DUPLICATE = "duplicate"
        ERROR = "error"
        WAITING = "waiting"  # stored; the belt has not handled it yet

    pk = models.CompositePrimaryKey("batch_id", "number")
    batch = models.ForeignKey(Import, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    verdict = models.CharField(max_length=12, choices=Verdict)
    code = models.CharField(max_length=40, blank=True)
    details = models.JSONField(null=True, blank=True)
    submission = models.ForeignKey(Submission, models.PROTECT, null=True, related_name="rows")
    cells = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(verdict="error") | ~Q(code=""), name="importrow_error_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["batch", "verdict", "number"],
                name="importrow_verdict",
                condition=~Q(verdict="new"),  # most rows are, and find each other by their number
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.number}: {self.verdict}"


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
    token = models.ForeignKey(
        Token, models.CASCADE, related_name="receipts", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)
    submission_ids = ArrayField(models.UUIDField())
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
