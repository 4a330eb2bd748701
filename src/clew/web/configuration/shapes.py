"""The file's shape: what an operator reads, compares and changes in it."""

from typing import Literal

from msgspec import Struct

from clew.capture.custom import Kind
from clew.grading.rules import Rule as GradingRule
from clew.handoff.routing import FieldTest

Grade = Literal["high", "medium", "low"]
Way = Literal["turn", "idle", "pool"]
LEVELS: dict[Grade, int] = {"high": 3, "medium": 2, "low": 1}


class Hours(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A calendar: blocks by weekday as people write them, days off, and exchanged workdays."""

    name: str
    time_zone: str = "Asia/Shanghai"
    mon: str = ""
    tue: str = ""
    wed: str = ""
    thu: str = ""
    fri: str = ""
    sat: str = ""
    sun: str = ""
    days_off: list[str] = []
    days_on: list[str] = []


class TeamMethod(Struct, forbid_unknown_fields=True):
    """A team and how it takes leads."""

    name: str
    takes: Literal["online", "offline", "rules"]
    calendar: str
    high: Way = "turn"
    medium: Way = "turn"
    low: Way = "pool"


class Valid(Struct, forbid_unknown_fields=True):
    """For how many days leads of a category stay valid; an empty one stands for all others."""

    category: str
    high_days: int
    medium_days: int
    low_days: int


class Option(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One of the answers to a choice."""

    key: str
    label: str
    is_retired: bool = False


class OwnField(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A custom field. Rules name it by its key."""

    key: str
    label: str
    kind: Kind
    choices: list[Option] = []
    unit: str = ""
    currency: str = ""
    is_retired: bool = False


class Grading(Struct, forbid_unknown_fields=True):
    """The grading rules with their thresholds."""

    high_from: int
    medium_from: int
    rules: list[GradingRule]


class Sending(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A distribution rule; teams, grades and regions by name."""

    team: str
    name: str = ""
    into: Literal["method", "pool"] = "method"
    otherwise: list[str] = []
    grades: list[Grade] = []
    sources: list[str] = []
    kinds: list[Literal["own", "bought", "earned"]] = []
    regions: list[str] = []
    categories: list[str] = []
    words: list[str] = []
    languages: list[Literal["zh", "other"]] = []
    weekdays: list[int] = []
    hours: tuple[int, int] | None = None
    is_online: bool | None = None
    is_introduced: bool | None = None
    has_company: bool | None = None
    custom: list[FieldTest] = []


class Configuration(Struct, forbid_unknown_fields=True):
    """All of it. A part that is left out stays as it is."""

    fields: list[OwnField] | None = None
    calendars: list[Hours] | None = None
    teams: list[TeamMethod] | None = None
    validity: list[Valid] | None = None
    grading: Grading | None = None
    distribution: list[Sending] | None = None
