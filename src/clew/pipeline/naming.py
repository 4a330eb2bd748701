"""What a filter says, in words of its reader: with the names of what it names, as far as the reader may see them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clew.access.models import Member
from clew.access.queries import members, teams
from clew.capture.custom import CUSTOM, Definitions
from clew.capture.models import Source
from clew.capture.queries import all_definitions
from clew.pipeline import custom
from clew.pipeline.filters import ME, NOBODY, Filter
from clew.pipeline.moves.models import ExitReason, Stage
from clew.pipeline.moves.queries import name
from clew.pipeline.stage_wording import CHANNELS, CLOCKS, ENDINGS, PROMISES, REACHED, SPEEDS, STAGES
from clew.pipeline.wording import GRADES, PLACES

PERIODS: Mapping[str, str | Promise] = {
    "today": gettext_lazy("Came in today"),
    "7d": gettext_lazy("Came in within 7 days"),
    "30d": gettext_lazy("Came in within 30 days"),
    "90d": gettext_lazy("Came in within 90 days"),
    "365d": gettext_lazy("Came in within a year"),
}
ORDERS: Mapping[str, str | Promise] = {
    "": gettext_lazy("Newest first"),
    "oldest": gettext_lazy("Oldest first"),
    "messaged": gettext_lazy("Last message first"),
    "best": gettext_lazy("Best grade first"),
    "due": gettext_lazy("Next step first"),
    "cost": gettext_lazy("Dearest first"),
    "name": gettext_lazy("By name"),
    "company": gettext_lazy("By company"),
}
GONE: Mapping[str, str | Promise] = {
    "place": gettext_lazy("a place that does not exist"),
    "grade": gettext_lazy("a grade that does not exist"),
    "source": gettext_lazy("a source that is gone"),
    "team": gettext_lazy("a team that is gone or that you may not see"),
    "holder": gettext_lazy("somebody who is gone or whom you may not see"),
    "end": gettext_lazy("an end that does not exist"),
    "opened": gettext_lazy("a time that cannot be read"),
    "since": gettext_lazy("a day that cannot be read"),
    "until": gettext_lazy("a day that cannot be read"),
    "channel": gettext_lazy("a channel that does not exist"),
    "reached": gettext_lazy("a stage that does not exist"),
    "stage": gettext_lazy("a stage that does not exist"),
    "speed": gettext_lazy("a time until contact that does not exist"),
    "promise": gettext_lazy("a promise that does not exist"),
    "clock": gettext_lazy("a state of the clock that does not exist"),
    "at": gettext_lazy("a stage that does not exist"),
    "was": gettext_lazy("a stage that does not exist"),
    "left": gettext_lazy("a stage that does not exist"),
    "why": gettext_lazy("a reason that does not exist"),
    "left_since": gettext_lazy("a day that cannot be read"),
    CUSTOM: gettext_lazy("a field that is gone, or a value that it cannot hold"),
}
ASIDE = pgettext_lazy("filter", "only what one import brought")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of what a filter may name, for one reader."""

    sources: Mapping[str, str]
    teams: Mapping[str, str]
    holders: Mapping[str, str]
    fields: Definitions
    stages: Mapping[str, str]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A part of a filter in words; `is_gone` where it names what is not there for the reader."""

    part: str
    words: str
    is_gone: bool = False


def names(viewer: Member) -> Names:
    """Give the names that a reader may see, in six statements."""
    held = members(viewer).order_by("name").values_list("pk", "name")
    mine = teams(viewer).order_by("name").values_list("pk", "name")
    return Names(
        sources=dict(Source.objects.order_by("name").values_list("key", "name")),
        teams={str(pk): name for pk, name in mine},
        holders={str(pk): name for pk, name in held},
        fields=all_definitions(),
        stages={str(one.pk): name(one) for one in Stage.objects.order_by("pk")},
        reasons={str(one.pk): name(one) for one in ExitReason.objects.order_by("pk")},
    )


def said(wanted: Filter, known: Names) -> list[Said]:
    """Say a filter part by part."""
    return list(_said(wanted, known))


def in_words(wanted: Filter, known: Names) -> str:
    """Say a filter as a person would."""
    return " · ".join(one.words for one in said(wanted, known)) or _("All leads")


def _said(wanted: Filter, known: Names) -> Iterator[Said]:
    for part, table in _tables(known).items():
        if code := getattr(wanted, part):
            is_gone = code not in table
            yield Said(part, str(GONE[part] if is_gone else table[code]), is_gone)
    for part, words in (
        ("since", _("From %(day)s")),
        ("until", _("Until %(day)s")),
        ("left_since", _("Left since %(day)s")),
    ):
        if day := getattr(wanted, part):
            is_gone = not _is_day(day)
            yield Said(part, str(GONE[part]) if is_gone else words % {"day": day}, is_gone)
    texts = {
        "region": wanted.region,
        "category": wanted.category,
        "batch": str(ASIDE) if wanted.batch else "",
        "q": _("“%(words)s”") % {"words": wanted.q} if wanted.q else "",
    }
    yield from (Said(part, text) for part, text in texts.items() if text)
    for key, text in custom.in_words(wanted.custom, known.fields):
        yield Said(CUSTOM + key, text or str(GONE[CUSTOM]), not text)


def _tables(known: Names) -> Mapping[str, Mapping[str, str | Promise]]:
    grades = {code: _("Grade %(grade)s") % {"grade": words} for code, words in GRADES.items()}
    return {
        "place": PLACES,
        "grade": grades,
        "source": known.sources,
        "team": {**known.teams, NOBODY: _("No team")},
        "holder": {**known.holders, ME: _("Me")},
        "end": ENDINGS,
        "opened": PERIODS,
        "channel": CHANNELS,
        "reached": REACHED,
        "stage": STAGES,
        "speed": SPEEDS,
        "promise": PROMISES,
        "clock": CLOCKS,
        "at": known.stages,
        "was": {
            pk: _("Came to: %(stage)s") % {"stage": words} for pk, words in known.stages.items()
        },
        "left": {pk: _("Left: %(stage)s") % {"stage": words} for pk, words in known.stages.items()},
        "why": {**known.reasons, **ENDINGS},
    }


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
