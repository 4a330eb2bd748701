"""Which leads somebody wants to see: what the address of the list says, as people write it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlencode

from clew.access.models import Member
from clew.capture.custom import CUSTOM

HISTORY = "history"
ME = "me"
NOBODY = "none"  # as a team: none
LONGEST = 100
MOST_PAIRS = 40
PERIODS = {"today": 1, "7d": 7, "30d": 30, "90d": 90, "365d": 365}  # days, today is one of them


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address of the page says, in which order, and where the page begins.

    History is a place of its own: it shows there, among what its import brought and in what is searched for.
    `holder` may be ME and `opened` a period: both mean something else for each reader and day, until settled.
    """

    place: str = ""
    grade: str = ""
    source: str = ""
    batch: str = ""
    q: str = ""
    after: str = ""
    team: str = ""
    holder: str = ""
    region: str = ""
    category: str = ""
    end: str = ""
    opened: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""
    channel: str = ""
    reached: str = ""  # a stage, or one behind it
    stage: str = ""  # this stage and none behind it
    speed: str = ""
    promise: str = ""
    clock: str = ""
    at: str = ""  # a stage of a pipeline: who is in it, not ended
    was: str = ""  # a stage of a pipeline: who ever came into it
    left: str = ""  # a stage of a pipeline: who left it lost
    why: str = ""  # a reason of its list, or how they ended where none was given
    left_since: str = ""
    custom: str = ""  # pairs of a query: budget.from=5000&machine=lathe

    @property
    def is_set(self) -> bool:
        """Tell whether anything is left out."""
        return any(getattr(self, part) for part in PARTS)

    @property
    def beginning(self) -> "Filter":
        """Give the same from its first page on."""
        return replace(self, after="")

    def parts(self, **changes: str) -> dict[str, str]:
        """Give what is said, with some parts changed; changing a part goes to the start."""
        said = {name: getattr(self, name) for name in TEXTS} | {"after": ""}
        said |= {CUSTOM + name: text for name, text in parse_qsl(self.custom)} | changes
        return {name: text for name, text in said.items() if text}

    def address(self, **changes: str) -> str:
        """Give the query of this page with some parts changed.

        All leads are asked for by an empty view, since an empty address opens what the reader begins with.
        """
        return "?" + (urlencode(self.parts(**changes)) or "view=")

    def settled(self, viewer: Member, today: date) -> "Filter":
        """Say in full who "me" is and when a period begins, for this reader on this day."""
        holder = str(viewer.pk) if self.holder == ME else self.holder
        days = PERIODS.get(self.opened)
        if days is None:
            return replace(self, holder=holder)
        begins = (today - timedelta(days=days - 1)).isoformat()
        return replace(self, holder=holder, opened="", since=max(self.since, begins))


NAMES = tuple(field.name for field in fields(Filter))
TEXTS = tuple(name for name in NAMES if name != "custom")
BESIDE = (
    "reached",
    "stage",
    "speed",
    "promise",
    "at",
    "was",
    "left",
    "why",
    "left_since",
)  # asked for by a report alone
PARTS = tuple(name for name in NAMES if name not in {"after", "sort"})


def read(query: Mapping[str, str]) -> Filter:
    """Read a filter as somebody can have typed it: short, and without control characters."""
    pairs = [
        (name.removeprefix(CUSTOM), clean(text))
        for name, text in sorted(query.items())
        if name.startswith(CUSTOM) and text
    ]
    texts = {name: clean(query.get(name, "")) for name in TEXTS}
    return Filter(**texts, custom=urlencode(pairs[:MOST_PAIRS]))


def clean(text: str) -> str:
    """Give a part of an address: short, printable."""
    return "".join(c for c in text[:LONGEST] if c.isprintable())
