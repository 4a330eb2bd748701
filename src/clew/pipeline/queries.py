"""Reading what people wrote about a lead: drafts, and the notes of calls and of leads given back."""

from uuid import UUID

import msgspec

from clew.access.models import Member
from clew.base.sealing import unseal
from clew.contacts.models import Lead
from clew.pipeline.models import Call, Draft, GivenBack, Worth
from clew.pipeline.schemas import Sheet


def draft(viewer: Member, lead: Lead) -> Sheet | None:
    """Give the call sheet that the member has begun for a lead.

    A draft that arrived after its call was logged is none: its id would swallow the next call.
    """
    kept = Draft.objects.filter(lead=lead, member=viewer).first()
    if kept is None:
        return None
    opened = unseal(bytes(kept.body), draft_place(lead.pk, viewer.pk))
    sheet = msgspec.json.decode(opened, type=Sheet)
    is_logged = sheet.call_id and Call.objects.filter(pk=sheet.call_id).exists()
    return None if is_logged else sheet


def note(call: Call) -> str:
    """Unseal what was noted in a call."""
    return unseal(bytes(call.note), note_place(call.pk)).decode() if call.note else ""


def draft_place(lead_id: UUID, member_id: int) -> bytes:
    """Name the place that a draft is sealed for."""
    return b"draft:" + lead_id.bytes + str(member_id).encode()


def note_place(call_id: UUID) -> bytes:
    """Name the place that a call's note is sealed for."""
    return b"call:" + call_id.bytes


def back_note(given_back: GivenBack) -> str:
    """Unseal what somebody said when they gave a lead back."""
    return unseal(bytes(given_back.note), back_place(given_back.placement_id)).decode()


def back_place(placement_id: int) -> bytes:
    """Name the place that such a note is sealed for."""
    return b"given back:" + str(placement_id).encode()


def newest_worth(lead_id: UUID) -> int:
    """Give the number of what a won lead came to as it was said last; 0 where nobody said so."""
    newest = Worth.objects.filter(lead=lead_id).order_by("-pk").values_list("pk", flat=True)
    return newest.first() or 0
