"""The account of all leads: both sums, and the money that lies in leads nobody has called."""

from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.pipeline.wording import ENDS
from clew.tally.queries import account, never_contacted, waste
from clew.web.office.requests import caller, clock

PAGE = 50


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Both sums of INS-9 and the headline."""
    viewer, now = caller(request), clock()
    sums = account(viewer)
    by_count = sorted(sums.closed.items(), key=lambda pair: -pair[1])
    context = {
        "account": sums,
        "closed": [(ENDS.get(reason, reason), n) for reason, n in by_count],
        "waste": waste(viewer, now),
        "now": now,
    }
    return render(request, "office/account.html", context)


@require_safe
def list_never_contacted(request: HttpRequest) -> HttpResponse:
    """The leads behind the headline, dearest first."""
    viewer, now = caller(request), clock()
    leads = (
        never_contacted(viewer, now)
        .select_related("contact", "source")
        .order_by("-cost_minor", "opened_at", "pk")
    )
    page = Paginator(leads, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _rows(list(page), now),
        "waste": waste(viewer, now),
    }
    return render(request, "office/never_contacted.html", context)


def _rows(leads: list[Lead], now: datetime) -> list[tuple[Lead, Placement | None, int]]:
    where = {
        p.lead_id: p
        for p in Placement.objects.filter(lead__in=leads, closed_at=None).select_related(
            "seat__member", "team"
        )
    }
    return [(lead, where.get(lead.pk), (now - lead.opened_at).days) for lead in leads]
