"""Links that need no sign-in: an invited person's, a calendar's. They can be made again from the row, but not guessed.

Only their digests are stored, so that nobody who reads the database can answer or read for others.
"""

from base64 import urlsafe_b64encode

from django.conf import settings
from django.urls import reverse

from clew.access.tokens import digest
from clew.base.sealing import lookup
from clew.pipeline.meetings.models import Feed, Meeting


def token_of(meeting: Meeting) -> str:
    """Give the secret of a meeting's link: 128 bits under the deployment's key, 22 characters."""
    return _token(f"{meeting.pk}:{meeting.link_number}", "meeting link")


def digest_of(meeting: Meeting) -> bytes:
    """Give what is stored of the link."""
    return digest(token_of(meeting))


def address_of(meeting: Meeting) -> str:
    """Give the whole link; nothing where it was made under a key that is gone, so that it is renewed first."""
    token = token_of(meeting)
    if bytes(meeting.digest) != digest(token):
        return ""
    return settings.BASE_URL + reverse("meetings:invitation", args=[token])


def feed_token(feed: Feed) -> str:
    """Give the secret of a calendar's address, 128 bits under the deployment's key."""
    return _token(f"{feed.member_id}:{feed.number}", "calendar feed")


def feed_address(feed: Feed) -> str:
    """Give the address for a calendar; nothing where it was made under a key that is gone."""
    token = feed_token(feed)
    if bytes(feed.digest) != digest(token):
        return ""
    return settings.BASE_URL + reverse("meetings:feed", args=[token])


def _token(of: str, kind: str) -> str:
    return urlsafe_b64encode(lookup(of, kind)).decode().rstrip("=")
