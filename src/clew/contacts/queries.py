"""Reading who it is."""

from uuid import UUID

from clew.base.sealing import lookup, unseal
from clew.capture.ways import normal_phone
from clew.contacts.models import Identifier, Lead
from clew.contacts.rules import mask


def identifiers(lead: Lead) -> list[Identifier]:
    """Give the ways of reaching a lead's contact, oldest first."""
    return list(Identifier.objects.filter(contact=lead.contact_id).order_by("id"))


def masked(identifier: Identifier) -> str:
    """Give what may be shown to anybody who sees the lead. Raises SealBroken."""
    return mask(identifier.kind, value(identifier))


def value(identifier: Identifier) -> str:
    """Unseal the full value: only for actions that record who looked. Raises SealBroken."""
    return unseal(bytes(identifier.sealed), b"identifier:" + identifier.contact_id.bytes).decode()


def contacts_by_number(text: str) -> list[UUID]:
    """Find contacts by a full phone number or by its last four digits."""
    if len(text) == 4 and text.isdigit():
        found = Identifier.objects.filter(tail=lookup(text, "tail"))
    else:
        number = normal_phone(text)
        found = Identifier.objects.filter(kind="phone", digest=lookup(number or "", "phone"))
    return list(found.values_list("contact_id", flat=True)[:200])
