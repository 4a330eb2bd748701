"""What teams agree about their leads."""

from django.db import models
from django.db.models import F, Q

from clew.access.models import Member
from clew.contacts.models import Lead


class CreditShare(models.Model):
    """What part of the credit for a lead is whose, in per cent. Closed, never changed.

    A lead without one is wholly its holder's. A trigger sees at the end of each transaction that those of a
    lead which hold sum to 100.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="credit_shares")
    member = models.ForeignKey(Member, models.PROTECT, related_name="credit_shares")
    percent = models.PositiveSmallIntegerField()
    setter = models.ForeignKey(Member, models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "member"],
                condition=Q(until_at__isnull=True),
                name="creditshare_once_per_member",
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=1) & Q(percent__lte=100),
                name="creditshare_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("from_at")),
                name="creditshare_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.lead_id}"
