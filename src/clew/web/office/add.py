"""Adding a lead by hand, or by pasting a line from a chat."""

from dataclasses import asdict, dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Member
from clew.capture.actions import leads
from clew.capture.errors import LeadsRefused
from clew.capture.inputs import add_inputs, given_in
from clew.capture.models import Failure, Source, Submission
from clew.capture.problems import WORDS
from clew.capture.queries import definitions
from clew.capture.rules import parse_paste
from clew.capture.schemas import LeadIn
from clew.contacts.likely import seek
from clew.contacts.models import Lead, Repeat
from clew.errors import ClewError, Missing
from clew.grading.models import Grade
from clew.handoff.queries import placement_of, visible_among
from clew.pipeline.duplicates import teams_of, titles, visible_by_contact
from clew.web.office.forms import LeadForm
from clew.web.office.requests import actor, caller, clock, refusal

LONGEST_PASTE = 5000
FIELDS = frozenset(LeadForm.base_fields)


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """An empty form."""
    return _page(request, _form(initial={"source": _usual_source(request)}))


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Fill the form in from a pasted line; nothing is kept yet."""
    text = request.POST.get("paste", "")[:LONGEST_PASTE]
    draft = {name: v for name, v in asdict(parse_paste(text)).items() if v and name in FIELDS}
    form = _form(initial={"source": _usual_source(request), **draft})
    return _page(request, form, paste=text, found=len(draft))


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Record the lead, once however often the button is clicked."""
    form = _form(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    stored: list[UUID] = []
    error = refusal(request, lambda: stored.extend(_receive(request, form)))
    if isinstance(error, LeadsRefused):
        _show_faults(form, error)
    if error:
        return _page(request, form, error=error, status=error.status)
    return redirect("office:added", stored[0]) if stored else redirect("office:add")


@require_safe
def done(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Where the lead went; the page asks again while the belt has not handled it.

    Of a known person's lead that the viewer may not see, its team is told and nothing else.
    """
    viewer = caller(request)
    submission = Submission.objects.filter(pk=submission_id).first()
    lead = _lead_of(submission_id)
    is_visible = lead is not None and visible_among(viewer, [lead.pk]).exists()
    is_mine = submission is not None and submission.actor_id == str(viewer.pk)
    if not is_visible and not (is_mine and submission and submission.actor_kind == "member"):
        raise Missing
    place = placement_of(lead.pk) if lead else None
    is_anothers = lead is not None and not is_visible and lead.pk != submission_id
    if is_anothers and place:
        team = place.team.name if place.team else _("another team")
        return render(request, "office/added.html", {"team": team})
    context = {
        "lead": lead,
        "is_visible": is_visible,
        "place": place,
        "grade": Grade.objects.filter(lead=lead, superseded_at=None).first() if lead else None,
        "alike": _alike(viewer, submission_id) if lead else None,
        "has_failed": Failure.objects.filter(submission=submission_id, settled_at=None).exists(),
    }
    return render(request, "office/added.html", context)


@dataclass(frozen=True, slots=True)
class Alike:
    """Whom the person just added may be as well: names and leads to open, or the teams to ask."""

    seen: list[tuple[str, UUID]]
    teams: list[str]


def _alike(viewer: Member, submission_id: UUID) -> Alike:
    """Look at once; the search behind the belt comes round a little later."""
    with transaction.atomic():
        found = seek([submission_id])
    lead, sender = _lead_of(submission_id), Repeat.objects.filter(pk=submission_id).first()
    own = {lead.contact_id if lead else None, sender.contact_id if sender else None}
    others = {id_ for one in found for id_ in (one.first, one.second)} - own
    visible, names = visible_by_contact(viewer, others), titles(others)
    return Alike(
        [(names[id_], lead_id) for id_, lead_id in visible.items()],
        teams_of(others - visible.keys()),
    )


def _receive(request: HttpRequest, form: LeadForm) -> list[UUID]:
    given = {name: form.cleaned_data[name] for name in FIELDS - {"source"}}
    lead = LeadIn(
        source=form.cleaned_data["source"].key,
        external_id=f"typed:{request.POST.get('once', '')}",
        custom={key: value for key, value in given_in(form).items() if value is not None},
        **given,
    )
    evidence = {"ip": request.META.get("REMOTE_ADDR", "")}
    return leads.receive(
        [lead],
        channel=Submission.Channel.TYPED,
        actor=actor(request),
        evidence=evidence,
        now=clock(),
    )


def _show_faults(form: LeadForm, error: LeadsRefused) -> None:
    for fault in error.faults:
        field = fault.field if fault.field in form.fields else None
        form.add_error(field, ValidationError(_(WORDS[fault.code])))


def _form(*args: object, **kwargs: object) -> LeadForm:
    form = LeadForm(*args, **kwargs)
    form.fields["source"].queryset = Source.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
    add_inputs(form, definitions())
    form.dress()
    return form


def _usual_source(request: HttpRequest) -> str:
    """The source that this member typed a lead for last, or the first offline one."""
    last = (
        Submission.objects.filter(
            channel=Submission.Channel.TYPED, actor_id=str(caller(request).pk)
        )
        .order_by("-received_at")
        .values_list("source__key", flat=True)
        .first()
    )
    offline = Source.objects.filter(is_active=True).order_by("is_online", "pk")
    return last or offline.values_list("key", flat=True).first() or ""


def _lead_of(submission_id: UUID) -> Lead | None:
    repeat = Repeat.objects.select_related("lead").filter(pk=submission_id).first()
    return repeat.lead if repeat else Lead.objects.filter(pk=submission_id).first()


def _page(
    request: HttpRequest,
    form: LeadForm,
    *,
    paste: str = "",
    found: int | None = None,
    error: ClewError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "paste": paste,
        "found": found,
        "error": None if isinstance(error, LeadsRefused) else error,
        "has_sources": Source.objects.filter(is_active=True).exists(),
    }
    return render(request, "office/add.html", context, status=status)
