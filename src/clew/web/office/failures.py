"""What could not be handled, and what was turned away at the door."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clew.base.models import Refusal
from clew.capture.actions.failures import dismiss, replay
from clew.capture.errors import FailureSettled
from clew.capture.models import Failure
from clew.web.office.requests import actor, clock

PAGE = 50


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Open failures, newest first, and the newest refusals."""
    failures = (
        Failure.objects.filter(settled_at=None)
        .select_related("submission__source")
        .order_by("-failed_at", "-pk")
    )
    context = {
        "page": Paginator(failures, PAGE).get_page(request.GET.get("page")),
        "refusals": Refusal.objects.order_by("-at")[:PAGE],
    }
    return render(request, "office/failures.html", context)


@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Replay or dismiss those that are ticked, or replay all."""
    is_replay = request.POST.get("what") != "dismiss"
    change = replay if is_replay else dismiss
    count = 0
    for failure_id in _chosen(request):
        try:
            change(failure_id, actor=actor(request), now=clock())
            count += 1
        except FailureSettled:
            continue
    _tell(request, count, is_replay=is_replay)
    return redirect("office:failures")


def _chosen(request: HttpRequest) -> list[int]:
    open_ones = Failure.objects.filter(settled_at=None)
    if request.POST.get("what") != "replay_all":
        ticked = [int(pk) for pk in request.POST.getlist("failure") if pk.isdecimal()]
        open_ones = open_ones.filter(pk__in=ticked)
    return list(open_ones.order_by("pk").values_list("pk", flat=True))


def _tell(request: HttpRequest, count: int, *, is_replay: bool) -> None:
    if not count:
        messages.warning(request, _("Nothing was ticked."))
    elif is_replay:
        words = ngettext("%(n)d goes through again.", "%(n)d go through again.", count)
        messages.success(request, words % {"n": count})
    else:
        words = ngettext("%(n)d was put aside.", "%(n)d were put aside.", count)
        messages.success(request, words % {"n": count})
