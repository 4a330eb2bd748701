"""People and weights: who sits in which team's turn, what each got and what each is due."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access import actions
from clew.access.models import Member, Role, Team
from clew.access.queries import members, teams
from clew.base.ledger import Actor
from clew.errors import Missing
from clew.handoff.actions import seats as handoff
from clew.handoff.errors import SeatMissing
from clew.handoff.models import Absence, Method, Seat
from clew.handoff.people.queries import Handover, Ties, absences, handover, own_seats, ties
from clew.handoff.queries import Share, shares
from clew.web.flow import give_out
from clew.web.office.forms import JoinForm, MemberForm, NewPasswordForm, SeatForm
from clew.web.office.requests import actor, caller, clock, refusal

TIES_OF_TEAMS = 5


@dataclass(frozen=True, slots=True)
class Turn:
    """One team with its seats."""

    team: Team
    rows: list[tuple[Share, Absence | None]]
    ties: Ties | None  # where they were looked at
    method: Method | None

    @property
    def ways(self) -> set[str]:
        """How the team takes leads, whatever their grade."""
        m = self.method
        return {m.high, m.medium, m.low} if m else set()


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Teams with their seats; for administrators the accounts too."""
    return _page(request)


@require_POST
def set_seat(request: HttpRequest, seat_id: int) -> HttpResponse:
    """Change weight, capacity, presence."""
    seat = _seat(request, seat_id)
    form = SeatForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Weight 0–100, at most 0–10,000 open leads."))
        return redirect("office:people")
    handoff.set_seat(seat.pk, actor=actor(request), now=clock(), **form.cleaned_data)
    messages.success(request, _("Holds from the next lead on."))
    return redirect("office:people")


@require_POST
def leave_seat(request: HttpRequest, seat_id: int) -> HttpResponse:
    """Close a seat and hand over all that it holds: at once by turn, the rest into the pool."""
    seat = _seat(request, seat_id)
    told = handover([seat], clock())
    handoff.leave(seat.pk, actor=actor(request), now=clock())
    give_out(clock())
    messages.success(request, _handed_over(told))
    return redirect("office:people")


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, team_id: int) -> HttpResponse:
    """Give a member a seat in a team."""
    team = _team(request, team_id)
    is_sent = request.method == "POST"
    form, error = JoinForm(request.POST if is_sent else None), None
    asked = _colleagues(request) if is_sent else _without_seat(request, team)
    form.fields["member"].queryset = asked  # type: ignore[attr-defined]
    if form.is_valid():
        data = form.cleaned_data
        error = refusal(
            request,
            lambda: handoff.join(
                team.pk,
                data["member"].pk,
                weight=data["weight"],
                capacity=data["capacity"],
                actor=actor(request),
                now=clock(),
            ),
        )
        if error is None:
            return redirect("office:people")
    context = {"team": team, "form": form, "error": error}
    return render(request, "office/join.html", context, status=422 if is_sent else 200)


@require_POST
def add_member(request: HttpRequest) -> HttpResponse:
    """Make an account."""
    form, error = MemberForm(request.POST), None
    if form.is_valid():
        newcomer = actions.Newcomer(**form.cleaned_data)
        home = caller(request).organisation
        error = refusal(
            request,
            lambda: actions.add_member(home, newcomer, actor=actor(request), now=clock()),
        )
        if error is None:
            messages.success(request, _("The account is open. Pass the password on in person."))
            return redirect("office:people")
    return _page(request, member_form=form, error=error, status=422)


@require_safe
def member(request: HttpRequest, member_id: int) -> HttpResponse:
    """One account: teams, password, closing."""
    return _member_page(request, _member(request, member_id), NewPasswordForm())


@require_POST
def set_password(request: HttpRequest, member_id: int) -> HttpResponse:
    """Set a colleague's password."""
    who, form, error = _member(request, member_id), NewPasswordForm(request.POST), None
    if form.is_valid():
        error = refusal(
            request,
            lambda: actions.set_password(
                who, form.cleaned_data["password"], actor=actor(request), now=clock()
            ),
        )
        if error is None:
            messages.success(request, _("The new password holds from now on."))
            return redirect("office:member", who.pk)
    return _member_page(request, who, form, error, status=422)


@require_POST
def set_teams(request: HttpRequest, member_id: int) -> HttpResponse:
    """Say which teams' work a manager sees."""
    who = _member(request, member_id)
    wanted = set(request.POST.getlist("team"))
    for team in teams(caller(request)):
        change = actions.join if str(team.pk) in wanted else actions.leave
        change(team, who, actor=actor(request), now=clock())
    return redirect("office:member", who.pk)


@require_POST
def set_active(request: HttpRequest, member_id: int) -> HttpResponse:
    """Close an account, or open it again."""
    who = _member(request, member_id)
    if request.POST.get("active") == "on":
        actions.reactivate(who, actor=actor(request), now=clock())
    elif who.is_active:
        told = handover(own_seats(who), clock())
        _part(who, by=actor(request))
        give_out(clock())
        messages.success(request, _handed_over(told))
    return redirect("office:member", who.pk)


def _part(who: Member, *, by: Actor) -> None:
    """Close an account, then its seats, one after the other: each locks its leads first, then itself.

    Whatever comes between, the fact that the member left closes what is still open.
    """
    actions.deactivate(who, actor=by, now=clock())
    for seat in own_seats(who):
        with suppress(SeatMissing):
            handoff.leave(seat.pk, actor=by, now=clock())


def _handed_over(told: Handover) -> str:
    words = {"count": told.count, "turn": told.by_turn, "pool": told.pooled}
    return _("Handed over %(count)d leads: %(turn)d by turn, %(pool)d to the pool.") % words


def _page(
    request: HttpRequest,
    *,
    member_form: MemberForm | None = None,
    error: object = None,
    status: int = 200,
) -> HttpResponse:
    viewer = caller(request)
    context = {
        "turns": _turns(viewer, request.GET.get("ties", "")),
        "members": members(viewer).order_by("-is_active", "name"),
        "member_form": member_form or MemberForm(),
        "member_error": error,
        "now": clock(),
    }
    return render(request, "office/people.html", context, status=status)


def _turns(viewer: Member, asked: str) -> list[Turn]:
    """Give the teams with their seats. To look at ties takes time: of a few teams at once, else of the one asked for."""
    seen = list(teams(viewer).order_by("pk"))
    is_few = len(seen) <= TIES_OF_TEAMS
    looked_at = ties([team.pk for team in seen if is_few or str(team.pk) == asked])
    methods = Method.objects.select_related("calendar").in_bulk([team.pk for team in seen])
    away = {a.seat_id: a for a in reversed(absences(Seat.objects.filter(team__in=seen), clock()))}
    rows = defaultdict(list)
    for row in shares(viewer, [team.pk for team in seen]):
        rows[row.team_id].append((row, away.get(row.seat_id)))
    return [Turn(t, rows[t.pk], looked_at.get(t.pk), methods.get(t.pk)) for t in seen]


def _member_page(
    request: HttpRequest,
    who: Member,
    form: NewPasswordForm,
    error: object = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "who": who,
        "form": form,
        "error": error,
        "teams": teams(caller(request)).order_by("pk"),
        "in_teams": set(who.memberships.values_list("team_id", flat=True)),
        "handover": handover(own_seats(who), clock()) if who.is_active else None,
        "sits_in": set(
            Seat.objects.filter(member=who, left_at=None).values_list("team_id", flat=True)
        ),
    }
    return render(request, "office/member.html", context, status=status)


def _team(request: HttpRequest, team_id: int) -> Team:
    found = teams(caller(request)).filter(pk=team_id).first()
    if found is None:
        raise Missing
    return found


def _seat(request: HttpRequest, seat_id: int) -> Seat:
    found = Seat.objects.filter(pk=seat_id, team__in=teams(caller(request)), left_at=None).first()
    if found is None:
        raise Missing
    return found


def _member(request: HttpRequest, member_id: int) -> Member:
    found = members(caller(request)).filter(pk=member_id).first()
    if found is None:
        raise Missing
    return found


def _colleagues(request: HttpRequest) -> QuerySet[Member]:
    """Who may be given a seat by the caller."""
    viewer = caller(request)
    everybody = Member.objects.filter(organisation=viewer.organisation_id)
    candidates = everybody if viewer.role == Role.ADMINISTRATOR else members(viewer)
    return candidates.filter(is_active=True)


def _without_seat(request: HttpRequest, team: Team) -> QuerySet[Member]:
    seated = Seat.objects.filter(team=team, left_at=None).values("member")
    return _colleagues(request).exclude(pk__in=seated).order_by("name")
