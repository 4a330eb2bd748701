"""Tables that no stage owns: the ledger of events and the outbox of facts to follow."""

from django.db import models
from django.db.models.functions import Now


class ThisTransaction(models.Func):
    """The number of the transaction that is writing; it grows from one to the next for good."""

    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


class Written(models.Model):
    """A row that tells by which transaction, and when, it was written last. A trigger keeps both."""

    written_in = models.BigIntegerField(db_default=ThisTransaction(), editable=False)
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class Entry(models.Model):
    """One event in the ledger: what happened to whom, by whom. Holds ids, never personal data."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    name = models.CharField(max_length=60)
    subject = models.UUIDField()
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    written_in = models.BigIntegerField(db_default=ThisTransaction(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"], name="entry_subject"),
            models.Index(fields=["written_in", "id", "name"], name="entry_written"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class Deletion(Written):
    """A row of a table that others keep a copy of is gone. Triggers write it, whoever deletes."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    row_id = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["written_in", "id"], name="deletion_written")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id}"


class Outbox(models.Model):
    """A fact whose followers have not all run. The worker deletes it when they have."""

    entry = models.OneToOneField(Entry, models.CASCADE, primary_key=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    error = models.TextField(default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="outbox_due")]

    def __str__(self) -> str:
        return f"outbox {self.entry_id}"


class Followed(models.Model):
    """A follower's effect of one fact, written in the effect's own transaction."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="followed")
    follower = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint("entry", "follower", name="followed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.follower} of {self.entry_id}"


class Ear(models.Model):
    """How far a listener has heard the ledger: all that the snapshot `heard` saw.

    While there is more than it takes at once, `hearing` is the snapshot up to which it goes, and `after` the
    last entry between the two that it has had.
    """

    name = models.CharField(max_length=60, primary_key=True)
    heard = models.TextField()
    hearing = models.TextField(blank=True)
    after = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.heard}"


class Duty(models.Model):
    """Something that is due once a day: when it was last done through, and what came of it so far."""

    name = models.CharField(max_length=60, primary_key=True)
    done_at = models.DateTimeField(null=True, blank=True)
    count = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class File(models.Model):
    """Something too large for a row: sealed, in pieces, until it expires."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="file_expiry")]

    def __str__(self) -> str:
        return self.name


class Piece(models.Model):
    """A stretch of a file's bytes, from `offset` on."""

    pk = models.CompositePrimaryKey("file_id", "offset")
    file = models.ForeignKey(File, models.CASCADE, related_name="pieces", db_index=False)
    offset = models.BigIntegerField()
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.file_id} from {self.offset}"


class Refusal(models.Model):
    """Something turned away at the door, with the reason. What was sent is sealed, if it was kept."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    door = models.CharField(max_length=40)
    code = models.CharField(max_length=60)
    details = models.JSONField(default=dict)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="refusal_newest")]

    def __str__(self) -> str:
        return f"{self.door}: {self.code}"
