"""What custom fields hold where leads are folded anew: submissions and corrections in their order."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from clew.contacts.belt.identifying import Enquiry
from clew.contacts.models import Correction


def recall(folded: Iterable[tuple[Enquiry, Sequence[datetime]]]) -> None:
    """Let corrections count among what was heard; the times are of what was heard, one each."""
    leads = list(folded)
    corrections: dict[UUID, list[Correction]] = {}
    concerned = [enquiry.lead_id for enquiry, _ in leads]
    for one in Correction.objects.filter(lead__in=concerned).order_by("at", "pk"):
        corrections.setdefault(one.lead_id, []).append(one)
    for enquiry, times in leads:
        said = [(at, met.given.custom) for at, met in zip(times, enquiry.heard, strict=True)]
        said += [(one.at, {one.key: one.value}) for one in corrections.get(enquiry.lead_id, [])]
        held: dict[str, Any] = {}
        for _, values in sorted(said, key=lambda pair: pair[0]):
            held |= values
        enquiry.custom = {key: value for key, value in held.items() if value is not None}
