"""What the shell of every page shows: where one can go, whose house it is, light or dark.

`ENTRIES` is the one list of places. An entry appears when its page exists and the table in
`web/permissions.py` lets the member's role open it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clew.access.models import Member
from clew.pipeline.resting.queries import is_keeper
from clew.reach.queries import unread_count
from clew.web.permissions import is_allowed

TABS = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the navigation may lead to; `concerns`: whom, where the role alone does not say it."""

    route: str
    label: str | Promise
    icon: str
    group: str = ""
    concerns: Callable[[Member], bool] | None = None


ENTRIES = (
    Place("pipeline:my_day", _("My day"), "home"),
    Place("pipeline:leads", _("Leads"), "list"),
    Place("moves:board", _("Board"), "layout-kanban"),
    Place("pipeline:pool", _("Pool"), "users"),
    Place("resting:list", _("No-intent pool"), "history", concerns=is_keeper),
    Place("pipeline:late", _("Overdue"), "alert-triangle"),
    Place("office:add", _("Add a lead"), "plus"),
    Place("meetings:agenda", _("Meetings"), "calendar"),
    Place("commission:month", _("Commission"), "sum"),
    Place("plays:due", _("Play steps"), "target-arrow"),
    Place("office:shift", _("The team now"), "users", "run"),
    Place("office:funnel", _("Funnel"), "chart-funnel", "run"),
    Place("aftersale:figures", _("Customers"), "sparkles", "run"),
    Place("office:reviews", _("Loss review"), "history", "run"),
    Place("office:coaching", _("Coaching"), "target-arrow", "run"),
    Place("office:account", _("Lead account"), "sum", "run"),
    Place("office:distribution", _("Who gets what"), "arrow-right", "run"),
    Place("plays:plays", _("Plays"), "play", "run"),
    Place("plays:scripts", _("Scripts"), "note", "run"),
    Place("moves:stages", _("Pipelines"), "route", "run"),
    Place("office:pools", _("Pool rules"), "hand-grab", "run"),
    Place("office:people", _("People and weights"), "scale", "run"),
    Place("office:targets", _("Targets"), "clock", "run"),
    Place("office:grading", _("Grading rules"), "target-arrow", "run"),
    Place("office:imports", _("Import"), "upload", "run"),
    Place("office:duplicates", _("Duplicates"), "users", "run"),
    Place("office:sources", _("Sources"), "world", "run"),
    Place("office:fields", pgettext_lazy("custom", "Fields"), "table", "run"),
    Place("office:exports", _("Exports"), "download", "run"),
    Place("office:failures", _("Failures"), "alert-triangle", "run"),
    Place("office:robots", _("Robots"), "bell", "run"),
    Place("office:tokens", _("API tokens"), "key", "run"),
    Place("office:checkup", _("Check-up"), "shield-check", "run"),
)
GROUPS: dict[str, str | Promise] = {"": "", "run": _("Operations")}


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as the page shows it."""

    label: str | Promise
    icon: str
    url: str
    is_here: bool

    @property
    def short(self) -> str | Promise:
        """Give the label for the tab bar."""
        return self.label


@dataclass(frozen=True, slots=True)
class Group:
    """Places under one heading."""

    title: str | Promise
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Tabs:
    """What the phone's tab bar shows at once, and what stands behind "More"."""

    first: list[Entry]
    rest: list[Entry]


class Shell:
    """Answers what templates ask about the frame; nothing is looked up before it is asked."""

    def __init__(self, request: HttpRequest) -> None:
        """Keep the request."""
        self._request = request

    @cached_property
    def navigation(self) -> list[Group]:
        """Groups of places, empty ones left out."""
        groups = (Group(title, list(self._entries(name))) for name, title in GROUPS.items())
        return [group for group in groups if group.entries]

    @cached_property
    def tabs(self) -> Tabs:
        """Share the places between the tab bar and "More"."""
        entries = [entry for group in self.navigation for entry in group.entries]
        if len(entries) <= TABS:
            return Tabs(entries, [])
        return Tabs(entries[: TABS - 1], entries[TABS - 1 :])

    @cached_property
    def organisation(self) -> str:
        """Name of the member's organisation."""
        user = self._request.user
        return user.organisation.name if user.is_authenticated else ""

    @property
    def theme(self) -> str:
        """Give light, dark, or nothing for the browser's own choice."""
        user = self._request.user
        return user.theme if user.is_authenticated else ""

    @cached_property
    def unread(self) -> int:
        """How many notices wait to be read."""
        return unread_count(cast(Member, self._request.user))

    @cached_property
    def sign_out_url(self) -> str:
        """Where signing out is posted to."""
        return _url("account_logout")

    def _entries(self, group: str) -> Iterator[Entry]:
        user = self._request.user
        if not user.is_authenticated:
            return
        here = self._request.path
        for place in ENTRIES:
            url = _url(place.route)
            is_open = place.group == group and url and is_allowed(place.route, role=user.role)
            if is_open and (place.concerns is None or place.concerns(user)):
                is_here = here == url or (url != "/" and here.startswith(url.rstrip("/") + "/"))
                yield Entry(place.label, place.icon, url, is_here)


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: `shell` in every template."""
    return {"shell": Shell(request)}


def _url(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
