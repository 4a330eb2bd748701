"""Secret addresses for calendars: made anew, ended."""

from datetime import datetime

from django.db import transaction

from clew.access.models import Member
from clew.access.tokens import digest
from clew.base.ledger import Actor, append
from clew.pipeline.meetings.events import FeedMade, FeedRevoked
from clew.pipeline.meetings.links import feed_token
from clew.pipeline.meetings.models import Feed


@transaction.atomic
def make_feed(*, member: Member, now: datetime) -> Feed:
    """Give a member an address for their calendar; the one so far gives nothing any more."""
    revoke_feed(member=member, now=now)
    number = Feed.objects.filter(member=member).count() + 1
    feed = Feed(member=member, number=number, made_at=now)
    feed.digest = digest(feed_token(feed))
    feed.save()
    append(FeedMade(member.pk, feed.pk), actor=_by(member), at=now)
    return feed


@transaction.atomic
def revoke_feed(*, member: Member, now: datetime) -> None:
    """End a member's address for calendars. Repeating it does nothing."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)  # twice at once: in turn
    for feed in Feed.objects.filter(member=member, revoked_at=None):
        feed.revoked_at = now
        feed.save(update_fields=["revoked_at"])
        append(FeedRevoked(member.pk, feed.pk), actor=_by(member), at=now)


def _by(member: Member) -> Actor:
    return Actor("member", str(member.pk))
