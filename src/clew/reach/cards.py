"""What a robot says of notices: enough to act on, and nothing that need not stand in a group's chat.

Companies, regions and product groups are named; of people the first letter; no number, no message, nothing that a
stranger typed as it was typed.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from clew.capture.regions import shown
from clew.contacts.models import Lead
from clew.reach.channels.speech import Card, Line
from clew.reach.models import Notice
from clew.reach.rules import initials, public
from clew.reach.wording import news


def card(notices: Sequence[Notice], waiting: int, holders: Mapping[UUID, str]) -> Card:
    """Make the card of some notices, in the language of the first one's member.

    `waiting`: how many more there are; `holders`: who has each lead now, by name.
    """
    language = notices[0].member.language or settings.LANGUAGE_CODE
    with override(language):
        lines = tuple(_line(n, holders.get(n.lead_id, "")) for n in notices)
        title = lines[0].head if len(lines) == 1 else _many(len(notices) + waiting)
        more = _more(waiting) if waiting else ""
        return Card(title, lines, more, _("Open the lead"))


def trial(name: str, language: str) -> Card:
    """Make the card that shows that a robot works."""
    with override(language or settings.LANGUAGE_CODE):
        head = _("Clew can write here")
        text = _("A test of the robot “%(name)s”. Nothing needs to be done.") % {"name": name}
        return Card(head, (Line(head, text, f"{settings.BASE_URL}/"),), "", _("Open Clew"))


def _many(count: int) -> str:
    return ngettext("%(n)d notice", "%(n)d notices", count) % {"n": count}


def _more(count: int) -> str:
    return ngettext("and %(n)d more in Clew", "and %(n)d more in Clew", count) % {"n": count}


def _line(notice: Notice, holder: str) -> Line:
    happened = news(notice.kind, notice.by.name if notice.by else "", holder)
    url = settings.BASE_URL + reverse("pipeline:lead", args=[notice.lead_id])
    head = _("%(member)s: %(news)s") % {"member": public(notice.member.name), "news": happened}
    return Line(head, _lead(notice.lead), url)


def _lead(lead: Lead) -> str:
    named = public(lead.contact.company) or initials(lead.contact.name)
    parts = [named, public(shown(lead.region, lead.region_code)), public(lead.category)]
    return " · ".join(part for part in parts if part)
