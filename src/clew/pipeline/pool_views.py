"""The pools: what is in them, looking closer, and claiming. Whoever is slower is told by whom."""

from datetime import datetime
from typing import cast
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clew.access.models import Member
from clew.base.ledger import Actor
from clew.errors import ClewError, Conflict, Invalid
from clew.handoff.actions import leads as handoff
from clew.handoff.errors import LeadTaken, PoolUnknown
from clew.handoff.models import Placement
from clew.handoff.pools.actions import open_lead
from clew.handoff.pools.claiming import COMPANY, policy_of, quotas, waits_until
from clew.handoff.pools.errors import HadItLately
from clew.handoff.pools.queries import pools
from clew.handoff.queries import claimable_lead, visible_among, visible_lead
from clew.pipeline.dossier import Dossier
from clew.pipeline.filters import clean
from clew.pipeline.leads import facts, pool
from clew.pipeline.rules import first_line
from clew.pipeline.wording import moment

FRAGMENT = "X-Fragment"


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """List what may be claimed, and how much is left to claim today."""
    viewer, now = _viewer(request), _now()
    page = pool(viewer, clean(request.GET.get("after", "")))
    stands = Placement.objects.filter(lead__in=[row.lead_id for row in page.rows], closed_at=None)
    waits = {
        lead_id: moment(until, now=now)
        for lead_id, until in waits_until(stands, viewer.pk).items()
        if until > now
    }
    context = {
        "page": page,
        "rows": [(row, waits.get(row.lead_id, "")) for row in page.rows],
        "next": f"?after={quote(page.after)}" if page.after else "",
        "quotas": quotas(viewer, now),
    }
    name = "pipeline/_pool.html" if request.headers.get(FRAGMENT) else "pipeline/pool.html"
    return render(request, name, context)


@require_POST
def claim(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Take a lead from a pool; where somebody was faster, say who and stay at the pool."""
    viewer, now = _viewer(request), _now()
    try:
        found = handoff.claim(claimable_lead(viewer, lead_id), member=viewer, now=now)
    except (Conflict, Invalid) as refused:
        messages.error(request, _said(refused, now))
        return redirect("pipeline:pool")
    return redirect("pipeline:lead", found.lead_id)


@require_POST
def look(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Look closer at a lead in a pool, where looks are counted."""
    try:
        open_lead(lead_id, member=_viewer(request), now=_now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
    return redirect("pipeline:lead", lead_id)


@require_POST
def change(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Put a lead into another pool: a team's, or the company's."""
    viewer = _viewer(request)
    found = visible_lead(viewer, lead_id)
    chosen = {str(pk): pk for pk, _name in pools(viewer)} | {str(COMPANY): None}
    sent = request.POST.get("team", "")
    try:
        if sent not in chosen:
            raise PoolUnknown
        handoff.change_pool(
            found.pk, team_id=chosen[sent], actor=Actor("member", str(viewer.pk)), now=_now()
        )
    except (Conflict, Invalid) as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, _("Put into another pool."))
    seen = visible_among(viewer, [found.pk]).exists()
    return redirect("pipeline:lead", found.pk) if seen else redirect("pipeline:pool")


def unopened(request: HttpRequest, dossier: Dossier) -> HttpResponse:
    """Show what kind of lead it is, and nothing of the person, until they claim it or look closer."""
    now, lead, place = _now(), dossier.lead, dossier.placement
    limit = policy_of(place).views_per_day or 0
    viewed = next((one.viewed for one in quotas(_viewer(request), now)), 0)
    context = {
        "lead": lead,
        "place": place,
        "line": first_line(facts(lead, ""), get_language() or ""),
        "grade": dossier.grade,
        "left": max(0, limit - viewed),
        "wait": waits_until([place], _viewer(request).pk).get(lead.pk),
        "now": now,
    }
    return render(request, "pools/unopened.html", context)


def _said(refused: ClewError, now: datetime) -> str:
    """Say why it was not claimed: by whom, or until when it waits."""
    if isinstance(refused, LeadTaken):
        who = Member.objects.get(pk=cast(int, refused.details["member_id"]))
        return _("%(name)s was faster and has it now.") % {"name": who.name}
    if isinstance(refused, HadItLately):
        until = cast(datetime, refused.details["until"])
        words = {"time": moment(until, now=now)}
        return _("You had this one lately. You can claim it again from %(time)s.") % words
    return _(refused.message)


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(timezone.get_current_timezone())
