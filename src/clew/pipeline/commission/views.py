"""The pages of commission: one's month, the team's, and the plans."""

from datetime import UTC, date, datetime
from typing import Any, cast
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access.models import Member, Role, Team
from clew.access.queries import teams
from clew.errors import Conflict, Invalid, Missing
from clew.handoff.models import Method
from clew.pipeline.commission import queries
from clew.pipeline.commission.actions.months import close_month, note_statement
from clew.pipeline.commission.actions.plans import Edition, earliest, publish
from clew.pipeline.commission.errors import MonthMissing
from clew.pipeline.commission.forms import MonthForm, PlanForm
from clew.pipeline.commission.models import Plan
from clew.pipeline.commission.months import after, before, month_of
from clew.pipeline.commission.rules import OFFLINE, ONLINE, Terms, faults
from clew.pipeline.commission.statements import MEDIA, XLSX, Statement, write
from clew.pipeline.commission.wins import Plans, terms_of
from clew.pipeline.commission.wording import (
    BASES,
    CAUSES,
    faults_in_words,
    in_words,
    part_in_words,
    rate,
)

PAGE = ["GET", "HEAD", "POST"]
MONTHS_AHEAD = 3


@require_safe
def month(request: HttpRequest) -> HttpResponse:
    """One's own month; for managers the months of their teams."""
    viewer, now = _viewer(request), _now()
    chosen = _month(request.GET, now)
    context = _frame(viewer, chosen, now)
    if viewer.role == Role.SALESPERSON:
        return render(request, "commission/member.html", context | _sheets(viewer, viewer, chosen))
    own = _sheets(viewer, viewer, chosen)
    months = queries.team_months(viewer, chosen)
    context |= {
        "teams": [(one, in_words(terms_of(one.plan)) if one.plan else "") for one in months],
        "own": own if own["sheets"] else None,
        "may_close": chosen < month_of(now),
    }
    return render(request, "commission/month.html", context)


@require_safe
def member(request: HttpRequest, member_id: int) -> HttpResponse:
    """The month of somebody of one's teams, line by line."""
    viewer, now = _viewer(request), _now()
    of = queries.whose(viewer, member_id)
    chosen = _month(request.GET, now)
    context = _frame(viewer, chosen, now) | _sheets(viewer, of, chosen)
    return render(request, "commission/member.html", context)


@require_POST
def statement(request: HttpRequest, member_id: int) -> HttpResponse:
    """Send the statement of a month with a team as XLSX or PDF; that it was taken is put on record."""
    viewer, now = _viewer(request), _now()
    of = queries.whose(viewer, member_id)
    chosen, kind = _month(request.POST, now), request.POST.get("format", "")
    kind = kind if kind in MEDIA else XLSX
    months = queries.months_of(viewer, of, chosen)
    asked = request.POST.get("team", "")
    found = next((one for one in months if str(one.team.pk) == asked), None)
    if found is None:
        raise MonthMissing
    told = Statement(found, viewer.organisation.name, viewer.name, now)
    content = write(kind, told)
    note_statement(of, chosen, kind, member=viewer, now=now)
    answer = HttpResponse(content, content_type=MEDIA[kind])
    stem = f"commission-{chosen:%Y-%m}-{of.pk}"
    named = quote(f"{_('commission')}-{of.name}-{chosen:%Y-%m}.{kind}")
    disposition = f"attachment; filename=\"{stem}.{kind}\"; filename*=UTF-8''{named}"
    answer.headers["Content-Disposition"] = disposition
    return answer


@require_POST
def close(request: HttpRequest, team_id: int) -> HttpResponse:
    """Close a month of a team."""
    viewer, now = _viewer(request), _now()
    team = _team(viewer, team_id)
    chosen = MonthForm(request.POST).first()
    if chosen is None:
        raise MonthMissing
    closing = close_month(team.pk, chosen, member=viewer, now=now)
    if closing.closer_id == viewer.pk:
        messages.success(request, _("Closed. What comes later goes into the next month."))
    else:
        who = {"who": closing.closer.name}
        messages.success(request, _("%(who)s has closed this month already.") % who)
    return redirect(f"{reverse('commission:month')}?month={chosen:%Y-%m}")


@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """How each of one's teams is paid, now and before."""
    viewer, running = _viewer(request), month_of(_now())
    shown = []
    for team in teams(viewer).order_by("pk"):
        held = Plans([team.pk]).at(team.pk, running)
        told = [(p, in_words(terms_of(p)), p == held) for p in queries.versions(team.pk)]
        shown.append((team, told))
    return render(request, "commission/plans.html", {"teams": shown, "running": running})


@require_http_methods(PAGE)
def plan(request: HttpRequest, team_id: int) -> HttpResponse:
    """Write a plan, try it on last month, publish it."""
    viewer, now = _viewer(request), _now()
    team = _team(viewer, team_id)
    versions = queries.versions(team.pk)
    shown = terms_of(versions[0]) if versions else _usual(team)
    form = PlanForm(request.POST or None, shown=shown)
    context: dict[str, Any] = {}
    if form.is_valid():
        terms = form.terms()
        wrong = faults(terms)
        if wrong:
            context = {"errors": faults_in_words(wrong)}
        elif request.POST.get("do") != "publish":
            last = before(month_of(now))
            context = {"trials": queries.try_out(team.pk, terms, last), "last": last}
        else:
            edition = Edition(terms, form.cleaned_data["valid_from"], form.cleaned_data["seen"])
            try:
                made = publish(team.pk, edition, member=viewer, now=now)
            except (Invalid, Conflict) as refused:
                context = {"errors": [_(refused.message)]}
            else:
                words = {"n": made.version, "month": f"{made.valid_from:%Y-%m}"}
                messages.success(request, _("Plan %(n)d holds from %(month)s on.") % words)
                return redirect("commission:plans")
    elif form.is_bound:
        context = {"errors": _told(form)}
    context |= _editor(team, form, versions, now)
    status = 422 if context.get("errors") else 200
    return render(request, "commission/plan.html", context, status=status)


def _editor(team: Team, form: PlanForm, versions: list[Plan], now: datetime) -> dict[str, Any]:
    first = earliest(Plans([team.pk]).at(team.pk, month_of(now)), now)
    offered = [first]
    while len(offered) < MONTHS_AHEAD:
        offered.append(after(offered[-1]))
    return {
        "team": team,
        "form": form,
        "said": form.said,
        "months": offered,
        "bases": BASES.items(),
        "newest": versions[0].version if versions else 0,
        "is_first": not versions,
    }


def _usual(team: Team) -> Terms:
    """Give what a first plan begins with: other teams sell little to many, these much to few."""
    method = Method.objects.filter(team=team).first()
    return OFFLINE if method and method.side == Method.Side.OFFLINE else ONLINE


def _told(form: PlanForm) -> list[str]:
    half = [str(error) for error in form.non_field_errors()]
    if half and len(form.errors) == 1:
        return half
    return [_("Amounts are yuan such as 12800 or 12800.50, rates per cent such as 1.5.")]


def _sheets(viewer: Member, of: Member, chosen: date) -> dict[str, Any]:
    months = queries.months_of(viewer, of, chosen)
    return {
        "who": of,
        "sheets": [
            (
                one,
                in_words(terms_of(one.plan)) if one.plan else "",
                [
                    (told, CAUSES[told.line.cause], [(p, part_in_words(p)) for p in told.parts])
                    for told in one.lines
                ],
                rate(one.tier.rate_bp) if one.tier else "",
                (rate(one.ahead[0].rate_bp), one.ahead[1]) if one.ahead else None,
            )
            for one in months
        ],
    }


def _frame(viewer: Member, chosen: date, now: datetime) -> dict[str, Any]:
    known = queries.months_with_lines(viewer, now)
    return {
        "chosen": chosen,
        "running": month_of(now),
        "months": known if chosen in known else sorted([*known, chosen], reverse=True),
        "now": now,
    }


def _month(sent: Any, now: datetime) -> date:
    return MonthForm(sent).first() or month_of(now)


def _team(viewer: Member, team_id: int) -> Team:
    found = teams(viewer).filter(pk=team_id).first()
    if found is None:
        raise Missing
    return found


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(UTC)
