"""The call sheet as its page shows it: filled in from the draft, with the next contact suggested."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from msgspec.structs import replace

from clew.access.models import Member
from clew.base.ids import uuid7
from clew.base.json import dumps
from clew.handoff.queries import visible_lead
from clew.pipeline.dossier import Dossier, dossier
from clew.pipeline.models import Call
from clew.pipeline.queries import draft
from clew.pipeline.rules import SUGGESTED, Next, Said, next_times, suggest
from clew.pipeline.schemas import Sheet
from clew.pipeline.wording import (
    NEXT,
    RESULT_ICONS,
    RESULTS,
    SAID,
    moment,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A radio button: what is sent, what is read, its symbol."""

    code: str
    words: str | Promise
    icon: str = ""
    title: str = ""
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class SheetShown:
    """All that the page needs."""

    dossier: Dossier
    filled: Sheet
    results: list[Choice]
    said: list[Choice]
    times: list[Choice]
    date: str  # what the date field begins with: tomorrow morning, until another is chosen
    suggestions: str  # JSON for the page's script: what to suggest for "result:said"


def shown(
    viewer: Member,
    lead_id: UUID,
    now: datetime,
    *,
    chosen: str = "",
    typed: Sheet | None = None,
) -> SheetShown:
    """Fill in the sheet from what was typed, the draft, or a result chosen on the way here.

    `now` is local. Raises LeadMissing.
    """
    lead = visible_lead(viewer, lead_id)
    filled = typed or draft(viewer, lead) or Sheet()
    if chosen in Call.Result.values:
        filled = replace(filled, result=chosen)
    if not filled.call_id:
        filled = replace(filled, call_id=uuid7())
    return SheetShown(
        dossier=dossier(viewer, lead.pk, now),
        filled=filled,
        results=[
            Choice(code, words, RESULT_ICONS[code], is_chosen=code == filled.result)
            for code, words in RESULTS.items()
        ],
        said=[Choice(code, words, is_chosen=code == filled.said) for code, words in SAID.items()],
        times=times(now, chosen=filled.next, is_final=True),
        date=filled.date or next_times(now)[Next.TOMORROW].strftime("%Y-%m-%dT%H:%M"),
        suggestions=dumps(suggestions(now)),
    )


def times(now: datetime, *, chosen: str = "", is_final: bool = False) -> list[Choice]:
    """Offer the times of the next contact; `is_final` offers none at all too."""
    at = next_times(now)
    offered = [Choice(n, NEXT[n], title=moment(at[n], now=now), is_chosen=n == chosen) for n in at]
    offered.append(Choice(Next.DATE, NEXT[Next.DATE], is_chosen=chosen == Next.DATE))
    if is_final:
        offered.append(Choice(Next.NEVER, NEXT[Next.NEVER], is_chosen=chosen == Next.NEVER))
    return offered


def suggestions(now: datetime) -> dict[str, str]:
    """Give the suggested next contact for each result and each thing said, for the page's script."""
    return {
        f"{result}:{said}": suggest(result, said, now=now)
        for result in {result for result, _ in SUGGESTED}
        for said in ("", *Said)
    }
