"""Rest and touches, in a lead's timeline."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from clew.base.models import Entry
from clew.pipeline.resting.wording import OVER, REASONS, RESULT_ICONS, RESULTS
from clew.pipeline.timeline import Moment, Sources, Tell
from clew.pipeline.wording import word


def _rested(entry: Entry, sources: Sources) -> Moment:
    why = word(REASONS, entry.data["reason"])
    return Moment(entry.at, "history", _("Rests in the no-intent pool"), detail=why)


def _touched(entry: Entry, sources: Sources) -> Moment:
    result = entry.data["result"]
    who = sources.members.get(entry.actor_id, "")
    title = _("Light touch: %(result)s") % {"result": word(RESULTS, result)}
    return Moment(entry.at, RESULT_ICONS.get(result, "note"), title, who)


def _ended(entry: Entry, sources: Sources) -> Moment:
    why = word(OVER, entry.data["end"])
    return Moment(entry.at, "arrow-back-up", _("Rests no more"), detail=why)


def _back(entry: Entry, sources: Sources) -> Moment:
    """Tell on a new lead that its person was in the no-intent pool, and link to what rested there."""
    rested_id = UUID(entry.data["rested_id"])
    title = _("Back from the no-intent pool: this person wrote again")
    link = rested_id if rested_id in sources.visible else None
    return Moment(entry.at, "flame", title, tone="hot", link=link)


TELL: Mapping[str, Tell] = {
    "LeadRested": _rested,
    "LeadTouched": _touched,
    "RestEnded": _ended,
    "CameBack": _back,
}
