"""Keeping views, and choosing how one's own list looks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction

from clew.access.models import Member, Role
from clew.base.ledger import Actor, append
from clew.base.sealing import seal
from clew.pipeline.errors import (
    SharingDenied,
    ViewFixed,
    ViewMissing,
    ViewMoved,
    ViewNameMissing,
    ViewNameTaken,
    ViewsEnough,
)
from clew.pipeline.events import ViewChanged, ViewDeleted, ViewSaved
from clew.pipeline.filters import Filter
from clew.pipeline.models import Layout, SavedView
from clew.pipeline.saved.queries import may_change, may_share_with, view_place, view_seen, views

LONGEST_NAME = 60
MOST_VIEWS = 100  # of one member


@dataclass(frozen=True, slots=True)
class Sharing:
    """Under which name a view is found, and by whom: `reach` own, team or all."""

    name: str
    reach: str = "own"
    team_id: int | None = None


@transaction.atomic
def save(
    view_id: UUID,
    sharing: Sharing,
    wanted: Filter,
    columns: Sequence[str],
    *,
    viewer: Member,
    now: datetime,
) -> SavedView:
    """Keep a view under a name. The id is made by the page: the same again is a double click and changes nothing.

    Raises ViewNameMissing, ViewNameTaken, SharingDenied, ViewsEnough.
    """
    known = SavedView.objects.filter(pk=view_id, owner=viewer).first()
    if known:
        return known
    _check(sharing, viewer)
    Member.objects.select_for_update(no_key=True).get(pk=viewer.pk)
    if SavedView.objects.filter(owner=viewer).count() >= MOST_VIEWS:
        raise ViewsEnough
    view = SavedView(id=view_id, owner=viewer, columns=list(columns), changed_at=now)
    _fill(view, wanted)
    _name(view, sharing)
    _write(view, is_new=True)
    append(ViewSaved(view.pk, view.reach), actor=_actor(viewer), at=now)
    return view


@transaction.atomic
def rename(
    view_id: UUID, sharing: Sharing, *, edition: int, viewer: Member, now: datetime
) -> SavedView:
    """Give a view another name, or share it with others.

    Raises ViewMissing, ViewFixed, ViewMoved, ViewNameMissing, ViewNameTaken, SharingDenied.
    """
    view = _locked(view_id, edition, viewer)
    if (sharing.reach, sharing.team_id) == (view.reach, view.team_id):
        _check(Sharing(sharing.name), viewer)
    else:
        _check(sharing, viewer)
    _name(view, sharing)
    return _changed(view, viewer, now)


@transaction.atomic
def overwrite(
    view_id: UUID,
    wanted: Filter,
    columns: Sequence[str],
    *,
    edition: int,
    viewer: Member,
    now: datetime,
) -> SavedView:
    """Let a view show what is shown now; without columns it keeps its own.

    Raises ViewMissing, ViewFixed, ViewMoved.
    """
    view = _locked(view_id, edition, viewer)
    _fill(view, wanted)
    view.columns = list(columns) or view.columns
    return _changed(view, viewer, now)


@transaction.atomic
def delete(view_id: UUID, *, viewer: Member, now: datetime) -> None:
    """Delete a view; whoever began with it begins with all leads. Raises ViewMissing, ViewFixed."""
    view = view_seen(viewer, view_id)
    if not may_change(viewer, view):
        raise ViewFixed
    append(ViewDeleted(view.pk), actor=_actor(viewer), at=now)
    view.delete()


@transaction.atomic
def begin_with(view_id: UUID | None, *, viewer: Member) -> None:
    """Let a member's list begin with a view, or with all leads. Raises ViewMissing."""
    if view_id and not views(viewer).filter(pk=view_id).exists():
        raise ViewMissing
    Layout.objects.update_or_create(member=viewer, defaults={"begins_with_id": view_id})


def show_columns(columns: Sequence[str], *, viewer: Member) -> None:
    """Let these be a member's columns wherever a view names none; none are the usual ones."""
    Layout.objects.update_or_create(member=viewer, defaults={"columns": list(columns)})


def _check(sharing: Sharing, viewer: Member) -> None:
    if not 0 < len(sharing.name.strip()) <= LONGEST_NAME:
        raise ViewNameMissing
    if sharing.reach == SavedView.Reach.OWN:
        return
    is_operator = viewer.role == Role.ADMINISTRATOR
    is_led = sharing.team_id in {team.pk for team in may_share_with(viewer)}
    may = is_operator if sharing.reach == SavedView.Reach.ALL else is_led
    if sharing.reach not in SavedView.Reach.values or not may:
        raise SharingDenied


def _locked(view_id: UUID, edition: int, viewer: Member) -> SavedView:
    """Lock a view that the member saw as `edition`."""
    view_seen(viewer, view_id)
    view = SavedView.objects.select_for_update().filter(pk=view_id).first()
    if view is None:
        raise ViewMissing
    if not may_change(viewer, view):
        raise ViewFixed
    if view.edition != edition:
        raise ViewMoved
    return view


def _fill(view: SavedView, wanted: Filter) -> None:
    kept = replace(wanted, after="")
    view.filter = seal(msgspec.json.encode(kept), view_place(view.pk))


def _name(view: SavedView, sharing: Sharing) -> None:
    is_team = sharing.reach == SavedView.Reach.TEAM
    view.name, view.reach = sharing.name.strip(), sharing.reach
    view.team_id = sharing.team_id if is_team else None


def _changed(view: SavedView, viewer: Member, now: datetime) -> SavedView:
    view.edition, view.changed_at = view.edition + 1, now
    _write(view)
    append(ViewChanged(view.pk, view.reach), actor=_actor(viewer), at=now)
    return view


def _write(view: SavedView, *, is_new: bool = False) -> None:
    try:
        with transaction.atomic():
            view.save(force_insert=is_new)
    except IntegrityError as taken:
        raise ViewNameTaken from taken


def _actor(viewer: Member) -> Actor:
    return Actor("member", str(viewer.pk))
