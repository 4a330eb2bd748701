"""Reading kept views, and what the list looks like for somebody who opens an address."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet

from clew.access.models import Member, Role, Team
from clew.access.queries import teams
from clew.base.sealing import unseal
from clew.pipeline.errors import ViewMissing
from clew.pipeline.extract import offered
from clew.pipeline.filters import Filter, clean, read
from clew.pipeline.leads import USUAL
from clew.pipeline.models import Layout, SavedView

MOST_COLUMNS = 20
LONGEST_LIST = 1_000  # characters of columns in an address


def views(viewer: Member) -> QuerySet[SavedView]:
    """Give the views that a member finds: own ones, those of the teams, everybody's."""
    shared = Q(reach="all") | Q(reach="team", team__in=teams(viewer).values("pk"))
    found = SavedView.objects.filter(Q(owner=viewer) | shared)
    return found.select_related("owner", "team").order_by("reach", "name", "pk")


def view_seen(viewer: Member, view_id: UUID) -> SavedView:
    """Give one of them. Raises ViewMissing."""
    found = views(viewer).filter(pk=view_id).first()
    if found is None:
        raise ViewMissing
    return found


def may_change(viewer: Member, view: SavedView) -> bool:
    """Tell whether a member may change a view: its owner, a manager of its team, an administrator if it is shared."""
    if view.owner_id == viewer.pk:
        return True
    if viewer.role == Role.ADMINISTRATOR:
        return view.reach != SavedView.Reach.OWN
    if view.team is None or viewer.role != Role.MANAGER:
        return False
    return teams(viewer).filter(pk=view.team.pk).exists()


def may_share_with(viewer: Member) -> list[Team]:
    """Give the teams that a member may share a view with: those led; none for salespeople."""
    return [] if viewer.role == Role.SALESPERSON else list(teams(viewer).order_by("name"))


def view_place(view_id: UUID) -> bytes:
    """Name the place that a view's filter is sealed for."""
    return b"view:" + view_id.bytes


def filter_of(view: SavedView) -> Filter:
    """Unseal what a view shows. Raises SealBroken."""
    opened = unseal(bytes(view.filter), view_place(view.pk))
    return msgspec.json.decode(opened, type=Filter)


def layout(viewer: Member) -> Layout:
    """Give how a member's list looks; the usual way where nothing was chosen."""
    found = Layout.objects.select_related("begins_with").filter(member=viewer).first()
    return found or Layout(member=viewer)


@dataclass(frozen=True, slots=True)
class Look:
    """What an address shows: which leads, which columns, and the view that it was opened from.

    `given` are the columns that the address itself names; `lost` columns of the view that are gone.
    """

    wanted: Filter
    columns: Sequence[str]
    given: str = ""
    view: SavedView | None = None
    is_changed: bool = False
    is_missing: bool = False
    lost: Sequence[str] = ()

    def address(self, **changes: str) -> str:
        """Give the query of this page with some parts of the filter changed."""
        parts = self.wanted.parts(**changes)
        if self.view:
            parts["from"] = str(self.view.pk)
        if self.given:
            parts["columns"] = self.given
        return "?" + (urlencode(parts) or "view=")

    @property
    def state(self) -> str:
        """Give the query without its mark, as a form sends it back."""
        return self.address().removeprefix("?")


def look(viewer: Member, query: Mapping[str, str]) -> Look:
    """Read an address: a view as it was saved, a state of the list, or nothing, which opens what one begins with."""
    kept = layout(viewer)
    view, is_missing = _view(viewer, query, kept)
    known = offered()
    given = ",".join(_columns(query.get("columns", "")[:LONGEST_LIST].split(","), known))
    is_as_saved = view is not None and "from" not in query
    saved = filter_of(view) if view else Filter()
    wanted = _at(saved, query) if is_as_saved else read(query)
    columns = given.split(",") if given else _columns(view.columns if view else [], known)
    is_other = bool(view and given and given.split(",") != view.columns)
    return Look(
        wanted=wanted,
        columns=columns or _columns(kept.columns, known) or USUAL,
        given=given,
        view=view,
        is_changed=bool(view) and (wanted.beginning != saved or is_other),
        is_missing=is_missing,
        lost=[code for code in view.columns if code not in known] if view else [],
    )


def _at(saved: Filter, query: Mapping[str, str]) -> Filter:
    return read(saved.parts(after=query.get("after", "")))


def _view(viewer: Member, query: Mapping[str, str], kept: Layout) -> tuple[SavedView | None, bool]:
    """Find the view that an address means; True where it means one that is not there."""
    if not query:
        begins = kept.begins_with_id
        return (views(viewer).filter(pk=begins).first() if begins else None), False
    meant = clean(query.get("view", "") or query.get("from", ""))
    if not meant:
        return None, False
    try:
        found = views(viewer).filter(pk=UUID(meant)).first()
    except ValueError:
        found = None
    return found, found is None


def _columns(codes: Sequence[str], known: Container[str]) -> list[str]:
    """Keep what is a column, each once, and no more than a page can show."""
    return [code for code in dict.fromkeys(codes) if code in known][:MOST_COLUMNS]
