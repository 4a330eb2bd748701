"""What the tests of a change to many leads share: choosing, saying, making, and how a lead stands then."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.test import Client

from clew.access.models import Member
from clew.handoff.models import Placement
from clew.pipeline.bulk.actions import advance, choose, say, start
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.models import BulkEdit
from tests.company import MONDAY_NOON

NOW = MONDAY_NOON + timedelta(minutes=5)


def stands(lead_id: UUID) -> Placement:
    """Give the one place of a lead."""
    return Placement.objects.get(lead=lead_id, closed_at=None)


def judged(viewer: Member, act: str, leads: list[UUID], **terms: object) -> BulkEdit:
    """Choose leads and say what is to be done, where the act asks for that."""
    bulk = choose(uuid4(), act, viewer=viewer, now=NOW, lead_ids=leads)
    if terms:
        say(bulk.pk, Terms(**terms), viewer=viewer, now=NOW)  # type: ignore[arg-type]
    return BulkEdit.objects.get(pk=bulk.pk)


def made(viewer: Member, act: str, leads: list[UUID], **terms: object) -> BulkEdit:
    """Make a change to its end."""
    bulk = judged(viewer, act, leads, **terms)
    start(bulk.pk, viewer=viewer, now=NOW)
    while advance(NOW):
        pass
    return BulkEdit.objects.get(pk=bulk.pk)


def browser(viewer: Member, language: str = "en") -> Client:
    """Sign a member in."""
    client = Client(headers={"accept-language": language})
    client.force_login(viewer)
    return client
