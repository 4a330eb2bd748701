"""S21: scripted posts without a browser are refused, people with one are not, and nobody else is asked."""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from clew.base.ids import uuid7
from clew.capture.actions.visits import MOST_UNPROVEN_OF_A_FORM
from clew.capture.models import Submission
from clew.capture.views import MOST_UNPROVEN
from tests.capture.test_views import Visitor, form, visitor

__all__ = ["form", "visitor"]
pytestmark = pytest.mark.django_db

POSTS = int(os.environ.get("CLEW_BOT_POSTS", "300"))
PEOPLE = POSTS // 50
REFUSED_AT_LEAST = 0.99
SOLVE = 0.002  # of the posts: their machine does the work, and does it again for every post
Bot = Callable[[Visitor, random.Random], None]


def blind(bot: Visitor, _: random.Random) -> None:
    """No look at the page at all."""
    bot.send(phone(bot), ticket="")


def forged(bot: Visitor, chance: random.Random) -> None:
    """A ticket of its own making."""
    bot.send(phone(bot), ticket=f"{chance.getrandbits(80):x}:1abcde:{chance.getrandbits(200):x}")


def hasty(bot: Visitor, _: random.Random) -> None:
    """Fetches the form and posts at once."""
    bot.look(bot.client.get("/f/ask"), seconds=0)
    bot.send(phone(bot))


def patient(bot: Visitor, _: random.Random) -> None:
    """Fetches the form and waits as long as a person."""
    bot.look(bot.client.get("/f/ask"), seconds=4)
    bot.send(phone(bot))
    bot.now -= timedelta(seconds=4)  # it has many of itself, which wait at the same time


def guessing(bot: Visitor, chance: random.Random) -> None:
    """Claims to have worked."""
    bot.look(bot.client.get("/f/ask"), seconds=0)
    bot.send(phone(bot), proof=str(chance.randrange(10**6)))


def greedy(bot: Visitor, _: random.Random) -> None:
    """Fills every field that it finds."""
    bot.look(bot.client.get("/f/ask"), seconds=4)
    bot.send(phone(bot), company_site="http://spam.example", proof=bot.prove())
    bot.now -= timedelta(seconds=4)


def replaying(bot: Visitor, _: random.Random) -> None:
    """Works once and sends the same ticket with another number again and again."""
    if not getattr(bot, "solved", None):
        bot.look(bot.client.get("/f/ask"), seconds=0)
        bot.solved = bot.ticket, bot.prove()  # type: ignore[attr-defined]
    ticket, proof = bot.solved  # type: ignore[attr-defined]
    bot.send(phone(bot), ticket=ticket, proof=proof)


def solving(bot: Visitor, _: random.Random) -> None:
    """Does what the page's script does. The price of that is all that stands against it."""
    bot.look(bot.client.get("/f/ask"), seconds=0)
    bot.send(phone(bot), proof=bot.prove())


KINDS: dict[Bot, float] = {
    blind: 0.2,
    forged: 0.15,
    hasty: 0.2,
    patient: 0.25,
    guessing: 0.05,
    greedy: 0.01,
    replaying: 0.14,
}


def phone(bot: Visitor) -> str:
    bot.sent = getattr(bot, "sent", 0) + 1  # type: ignore[attr-defined]
    return f"139{bot.sent:08}"  # type: ignore[attr-defined]


def flood(bot: Visitor, addresses: int, seed: int = 1) -> Counter[str]:
    """All posts within one window of ten minutes, from addresses in turn. Counts what was stored."""
    chance = random.Random(seed)
    stored: Counter[str] = Counter()
    for number in range(POSTS):
        place = number % addresses
        bot.client.defaults["REMOTE_ADDR"] = f"198.18.{place // 250}.{place % 250}"
        if number % round(1 / SOLVE) == 0:
            kind: Bot = solving
        else:
            (kind,) = chance.choices([*KINDS], [*KINDS.values()])
        before = Submission.objects.count()
        kind(bot, chance)
        stored[kind.__name__] += Submission.objects.count() - before
    return stored


@pytest.mark.slow
@pytest.mark.parametrize("addresses", [1, 500])
def test_99_of_100_scripted_posts_are_refused_and_every_person_gets_through(
    visitor: Visitor, addresses: int, record_property: Callable[[str, object], None]
) -> None:
    stored = flood(visitor, addresses)
    record_property("stored", dict(stored))
    assert Submission.objects.count() == sum(stored.values())
    budget = MOST_UNPROVEN if addresses == 1 else MOST_UNPROVEN_OF_A_FORM
    assert stored["patient"] <= budget
    assert sum(stored.values()) <= max(
        POSTS * (1 - REFUSED_AT_LEAST), budget + stored["solving"] + 1
    )
    assert stored["replaying"] == 1
    assert stored["blind"] + stored["forged"] + stored["hasty"] + stored["greedy"] == 0
    through = [person(visitor, number) for number in range(PEOPLE)]
    assert through == [303] * PEOPLE


def person(visitor: Visitor, number: int) -> int:
    """Somebody with a browser, in the middle of it."""
    visitor.client.defaults["REMOTE_ADDR"] = f"203.0.{number // 250}.{number % 250}"
    visitor.look(visitor.client.get("/f/ask"), seconds=1)
    visitor.now -= timedelta(seconds=1)
    return visitor.send(f"137{uuid7().int % 10**8:08}", proof=visitor.prove()).status_code
