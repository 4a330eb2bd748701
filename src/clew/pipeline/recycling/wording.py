"""When leads go back to a pool, in words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from clew.pipeline.recycling.queries import returning
from clew.pipeline.wording import BACK_SOON, moment, word

SOON = timedelta(days=2)


def warnings(lead_ids: Iterable[UUID], now: datetime) -> dict[UUID, str]:
    """Say of leads that go back within two days when they do. `now` is local."""
    return {
        lead_id: _("%(time)s back to the pool") % {"time": moment(max(back.at, now), now=now)}
        for lead_id, back in returning(lead_ids).items()
        if back.at <= now + SOON
    }


def warning(lead_id: UUID, now: datetime) -> str:
    """Say of one lead when it goes back, however far that is, and why; nothing where it does not. `now` is local."""
    back = returning([lead_id]).get(lead_id)
    if back is None:
        return ""
    words = {"time": moment(max(back.at, now), now=now), "why": word(BACK_SOON, back.reason)}
    return _("%(time)s back to the pool, %(why)s") % words
