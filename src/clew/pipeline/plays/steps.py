"""The steps of a play as data, and what is wrong with them. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

import msgspec

from clew.pipeline.plays.errors import PlayEmpty, PlayTooLong, StepWordless

MOST_STEPS, LONGEST_WAIT = 12, 180  # days
LONGEST_WORDS = 600


class Kind(StrEnum):
    """What a step is."""

    TASK = "task"  # somebody does something
    MESSAGE = "message"  # somebody sends a ready text
    OFFER = "offer"  # somebody makes an offer, with what it costs
    WAIT = "wait"
    CONDITION = "condition"  # goes on only where it holds


class Channel(StrEnum):
    """How the person is reached."""

    PHONE = "phone"
    WECHAT = "wechat"
    SMS = "sms"
    EMAIL = "email"


class Holds(StrEnum):
    """What a condition asks of the lead."""

    HAS_PHONE = "has_phone"
    HAS_WECHAT = "has_wechat"
    HAS_EMAIL = "has_email"
    INTENT = "intent"  # graded medium or high


class Otherwise(StrEnum):
    """What happens where a condition does not hold."""

    STOP = "stop"
    SKIP = "skip"  # the next step


DOING = (Kind.TASK, Kind.MESSAGE, Kind.OFFER)


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step: due so many days after the one before. The words say what to do or send; cost in cents."""

    kind: Kind
    days: int = 0
    channel: Channel = Channel.PHONE
    zh: str = ""
    en: str = ""
    holds: Holds = Holds.HAS_PHONE
    otherwise: Otherwise = Otherwise.STOP
    cost_minor: int = 0

    @property
    def is_done_by_people(self) -> bool:
        """Whether somebody has to do something."""
        return self.kind in DOING


def examine(steps: Sequence[Step]) -> None:
    """Raise PlayEmpty, PlayTooLong, StepWordless for what cannot be played."""
    if not any(step.is_done_by_people for step in steps):
        raise PlayEmpty
    if len(steps) > MOST_STEPS or any(not 0 <= s.days <= LONGEST_WAIT for s in steps):
        raise PlayTooLong
    for number, step in enumerate(steps, 1):
        words = (step.zh.strip(), step.en.strip())
        is_wordless = step.is_done_by_people and not any(words)
        if is_wordless or any(len(text) > LONGEST_WORDS for text in words):
            raise StepWordless(reasons=[str(number)])


def length(steps: Sequence[Step]) -> timedelta:
    """Give how long all steps take."""
    return timedelta(days=sum(step.days for step in steps))


def read(raw: object) -> list[Step]:
    """Give the steps of a version as they are stored."""
    return msgspec.convert(raw, list[Step])
