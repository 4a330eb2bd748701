"""What people are told."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member
from clew.contacts.models import Lead


class Notice(models.Model):
    """What one member is to know of one lead. It is open until it is read, or over by itself."""

    class Kind(models.TextChoices):
        """What happened to the lead."""

        HOT = "hot"  # one of high intent is with the member now
        GIVEN = "given"  # somebody gave it to the member by hand
        SOON = "soon"  # a clock of it runs out
        LATE = "late"  # a clock of it ran out
        TAKEN = "taken"  # somebody else took it from the member

    class End(models.TextChoices):
        """Why nobody needs to read it any more."""

        GONE = "gone"  # the lead is no longer the member's
        PASSED = "passed"  # what it warned of has come
        DONE = "done"  # somebody has tried to reach the person, or it is closed

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, models.PROTECT, db_index=False, related_name="notices")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=10, choices=Kind)
    entry_id = models.BigIntegerField()  # of the ledger
    by = models.ForeignKey(  # who did it, where somebody did
        Member, models.PROTECT, null=True, blank=True, db_index=False, related_name="caused_notices"
    )
    at = models.DateTimeField()
    told_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=End, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("member", "entry_id", "kind", name="notice_once"),
            models.UniqueConstraint(
                "member",
                "lead",
                "kind",
                condition=Q(read_at__isnull=True, over_at__isnull=True),
                name="notice_one_open_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(over_at__isnull=True, end="") | Q(over_at__isnull=False) & ~Q(end=""),
                name="notice_over_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="notice_of_member"),
            models.Index(
                fields=["member"],
                name="notice_unread",
                condition=Q(read_at__isnull=True, over_at__isnull=True),
            ),
            models.Index(fields=["told_at"], name="notice_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.member_id}"
