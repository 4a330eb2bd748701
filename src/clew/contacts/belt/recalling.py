"""What leads hold where they are folded anew: submissions and corrections in their order."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from clew.capture.regions import refined
from clew.contacts.belt.identifying import Enquiry
from clew.contacts.models import Correction
from clew.contacts.rules import LEAD, LONGEST_FACT, as_columns


def recall(folded: Iterable[tuple[Enquiry, Sequence[datetime]]]) -> None:
    """Let corrections count among what was heard; the times are of what was heard, one each."""
    leads = list(folded)
    corrections: dict[UUID, list[Correction]] = {}
    concerned = [enquiry.lead_id for enquiry, _ in leads]
    for one in Correction.objects.filter(lead__in=concerned).order_by("at", "pk"):
        corrections.setdefault(one.lead_id, []).append(one)
    for enquiry, times in leads:
        corrected = corrections.get(enquiry.lead_id, [])
        if any(one.key.startswith(LEAD) for one in corrected):
            _recall_facts(enquiry, times, corrected)
        said = [(at, met.given.custom) for at, met in zip(times, enquiry.heard, strict=True)]
        said += [
            (one.at, {one.key: one.value}) for one in corrected if not one.key.startswith(LEAD)
        ]
        held: dict[str, Any] = {}
        for _, values in sorted(said, key=lambda pair: pair[0]):
            held |= values
        enquiry.custom = {key: value for key, value in held.items() if value is not None}


def _recall_facts(
    enquiry: Enquiry, times: Sequence[datetime], corrected: Iterable[Correction]
) -> None:
    """Tell again what was said of product group and region, each as it counted in its time."""
    said: list[tuple[datetime, str, str, bool]] = []
    for at, met in zip(times, enquiry.heard, strict=True):
        said.append((at, "category", met.given.category, False))
        said.append((at, "region", met.given.region[:LONGEST_FACT], False))
    for one in corrected:
        if one.value and one.key.startswith(LEAD):
            said.append((one.at, one.key.removeprefix(LEAD), one.value["is"], True))
    enquiry.category, enquiry.region, enquiry.region_code = "", "", None
    for _at, fact, text, is_correction in sorted(said, key=lambda one: one[0]):
        if is_correction:
            for column, value in as_columns({fact: text}).items():
                setattr(enquiry, column, value)
        elif fact == "category":
            enquiry.category = text or enquiry.category
        else:
            enquiry.region, enquiry.region_code = refined(enquiry.region, enquiry.region_code, text)
