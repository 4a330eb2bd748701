"""Which leads a change would reach, and why it leaves the others. Pure."""

from dataclasses import dataclass

Held = str | int | float | None

MANAGERS_ONLY = frozenset({"assign", "reopen", "grade", "lift", "move"})
TAKEN_BACK_BY = {
    "assign": "assign",
    "close": "reopen",
    "grade": "grade",
    "field": "field",
    "category": "category",
    "region": "region",
    "pool": "pool",
    "move": "move",
}  # by what one must be allowed to do
OF_GRADES = frozenset({"grade", "lift"})
FILLS = frozenset({"field", "category", "region"})  # told by what a lead holds, not by a stamp
CODES = (
    "closed_already",
    "in_pool",
    "with_person",
    "pooled_already",
    "there_already",
    "open_already",
    "not_graded",
    "graded_so",
    "not_by_person",
    "holds_already",
    "gone",
)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a lead stands: where (person, pool, closed), with which seat, and its grade."""

    kind: str
    placement_id: int
    seat_id: int | None = None
    grade_id: int | None = None
    level: int | None = None
    is_by_person: bool = False
    held: Held = None
    team_id: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What exactly is to be done: for whom, when, why. Only what the act asks for is filled."""

    seat_id: int | None = None
    due_at: str = ""
    end: str = ""
    level: int | None = None
    why: str = ""
    field: str = ""
    value: Held = None  # of the field; the product group or region
    reason: str = ""  # why it goes back to the pool
    team_id: int | None = None  # whose pool it goes into; 0: the company's


def judge(act: str, terms: Terms, stand: Stand | None) -> str:
    """Say why an act would leave a lead as it is; nothing where it would change it."""
    if stand is None:
        return "gone"
    if act in FILLS:
        return "holds_already" if stand.held == terms.value else ""
    if act in OF_GRADES:
        return _judge_grade(act, terms, stand)
    return _judge_place(act, terms, stand)


def _judge_place(act: str, terms: Terms, stand: Stand) -> str:
    if act == "reopen":
        return "" if stand.kind == "closed" else "open_already"
    if stand.kind == "closed":
        return "closed_already"
    if act == "assign":
        return "there_already" if stand.seat_id == terms.seat_id else ""
    if act == "move":
        return _judge_move(terms, stand)
    if stand.kind == "pool":
        return "pooled_already" if act == "pool" else "in_pool"
    return ""


def _judge_move(terms: Terms, stand: Stand) -> str:
    if stand.kind != "pool":
        return "with_person"
    return "there_already" if terms.team_id == (stand.team_id or 0) else ""


def _judge_grade(act: str, terms: Terms, stand: Stand) -> str:
    if stand.grade_id is None:
        return "not_graded"
    if act == "lift":
        return "" if stand.is_by_person else "not_by_person"
    return "graded_so" if stand.is_by_person and stand.level == terms.level else ""


def stamp(act: str, stand: Stand | None) -> int | None:
    """Give what must still be in force for the change to be the one that was shown."""
    if stand is None or act in FILLS:
        return None
    return stand.grade_id if act in OF_GRADES else stand.placement_id
