"""Reading exports: whose they are, what they hold, how far they have come."""

from uuid import UUID

import msgspec
from django.db.models import QuerySet

from clew.access.models import Member, Role
from clew.access.queries import teams
from clew.base.sealing import unseal
from clew.pipeline.errors import ExportMissing
from clew.pipeline.filters import Filter
from clew.pipeline.models import Export

NOBODY = "nobody"
EVERYTHING = "everything"


def rights(viewer: Member | None) -> str:
    """Write down what somebody may see, so that a change is noticed. Nobody is at the terminal."""
    if viewer is None:
        return EVERYTHING
    if not viewer.is_active:
        return NOBODY
    if viewer.role == Role.ADMINISTRATOR:
        return viewer.role
    ids = teams(viewer).order_by("pk").values_list("pk", flat=True)
    return f"{viewer.role} {','.join(map(str, ids))}"[:200]


def exports(viewer: Member) -> QuerySet[Export]:
    """Give the exports that a member may open, newest first: one's own, administrators all."""
    found = Export.objects.select_related("asked_by").order_by("-asked_at", "-pk")
    return found if viewer.role == Role.ADMINISTRATOR else found.filter(asked_by=viewer)


def export_seen(viewer: Member | None, export_id: UUID, *, for_change: bool = False) -> Export:
    """Give one of them, locked if it is to be changed. Raises ExportMissing."""
    found = exports(viewer) if viewer else Export.objects.all()
    if for_change:
        found = found.select_related(None).select_for_update()
    export = found.filter(pk=export_id).first()
    if export is None:
        raise ExportMissing
    return export


def export_place(export_id: UUID) -> bytes:
    """Name the place that an export's filter is sealed for."""
    return b"export:" + export_id.bytes


def wanted_of(export: Export) -> Filter:
    """Unseal which leads were asked for. Raises SealBroken."""
    opened = unseal(bytes(export.filter), export_place(export.pk))
    return msgspec.json.decode(opened, type=Filter)
