"""A company of any size: the story of its last days told again, in branches elsewhere and of weeks before.

Each branch has lived through the whole story; what was over in it has also happened, to other people, in the
weeks before it. So every lead has a history that adds up, and every decision can be computed again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import ceil
from random import Random
from uuid import UUID

from django.db import transaction
from django.db.models import F
from msgspec import structs

from clew.access.models import Team
from clew.base.bulk import analyze
from clew.base.ids import uuid7
from clew.base.json import dumps
from clew.base.sealing import lookup, seal
from clew.capture.gazetteer import divisions, stem
from clew.capture.regions import resolve
from clew.capture.schemas import Body, encode_body
from clew.contacts.lettering import letters
from clew.contacts.models import Identifier, Lead
from clew.handoff.models import Seat
from clew.handoff.rules import Seat as TurnSeat
from clew.handoff.rules import drawn
from clew.web.demo.company import TEAMS, open_branch
from clew.web.demo.retelling import Page, prepare, write
from clew.web.demo.stories import firm, person
from clew.web.demo.story import Person, Story, Tie, read

LEADS_PER_BRANCH = 33_000
MOST_BRANCHES = 30
WEEKS = 39  # before the story; with it, a year
APART = timedelta(minutes=7)  # of two tellings of one week
TELLINGS_AT_ONCE = 30
# No operator has numbers that begin with 163. Every number is a different one: the factor has no part of the modulus.
PHONES, STRIDE = 10**8, 48_271_001
STATE = ("open_count", "credit", "served_at", "is_present")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the people of a telling live, as they write it."""

    name: str
    code: int | None


@dataclass(frozen=True, slots=True)
class Telling:
    """Once more the same story: in a branch, so much earlier, by people of its teams in some order."""

    n: int
    shift: timedelta
    seats: dict[int, Seat]
    places: Sequence[Place]  # none: where the story plays


def grow(size: int, begin: datetime, seed: int, tell: Callable[[int], None]) -> int:
    """Let the demo that began then grow to about so many leads, some at a time. Returns how many there are.

    What was interrupted goes on where it stopped; a company that is large enough stays as it is.
    """
    count = Lead.objects.count()
    if count >= size:
        return count
    story = read(begin)
    over = story.only_over()
    prepare()
    branches = _branches()
    if len(branches) == 1 and size >= 2 * LEADS_PER_BRANCH:
        branches = _open(story, min(MOST_BRANCHES, size // LEADS_PER_BRANCH), begin, seed)
    count = Lead.objects.count()
    told = max(0, (count - len(branches) * story.leads) // over.leads)
    numbers = range(told, told + ceil((size - count) / over.leads))
    for start in numbers[::TELLINGS_AT_ONCE]:
        chosen = [n for n in numbers if start <= n < start + TELLINGS_AT_ONCE]
        count += _tell(over, [_earlier(n, story, branches, seed) for n in chosen], seed)
        tell(count)
    analyze("contacts_lead", "contacts_contact", "handoff_placement", "grading_grade", "base_entry")
    return count


def _branches() -> list[str]:
    """Name the regions of the branches there are; the first has none."""
    names = Team.objects.order_by("pk").values_list("name", flat=True)
    return [name.removesuffix(TEAMS["online"]) for name in names if name.endswith(TEAMS["online"])]


@transaction.atomic
def _open(story: Story, count: int, begin: datetime, seed: int) -> list[str]:
    """Open branches, each of which has lived through the whole story, and stands where the first one stands."""
    provinces = [stem(name) for code, name in sorted(divisions().items()) if code % 10_000 == 0]
    branches = ["", *provinces[: count - 1]]
    for number, region in enumerate(branches[1:], 1):
        open_branch(number, region, Random(f"{seed}:branch {number}"), begin)  # noqa: S311  a story
    tellings = [
        Telling(-number, timedelta(), _desks(story, region), _places(region))
        for number, region in enumerate(branches[1:], 1)
    ]
    for some in (tellings[n : n + TELLINGS_AT_ONCE] for n in range(0, count, TELLINGS_AT_ONCE)):
        _tell(story, some, seed)
    for one in tellings:
        for old in story.seats:
            state = {name: getattr(old, name) for name in STATE}
            Seat.objects.filter(pk=one.seats[old.pk].pk).update(**state)
    return branches


def _earlier(n: int, story: Story, branches: Sequence[str], seed: int) -> Telling:
    """Say how an earlier telling differs: week, branch, and who sat where, so that nobody wins every tie."""
    week, branch = divmod(n, len(branches))
    again, week = divmod(week, WEEKS)
    region = branches[branch]
    desks = _desks(story, region)
    chance = Random(f"{seed}:seats {n}")  # noqa: S311
    for _, team in groupby(story.seats, key=lambda seat: seat.team_id):
        olds = [seat.pk for seat in team]
        taken = [desks[old] for old in olds]
        chance.shuffle(taken)
        desks |= dict(zip(olds, taken, strict=True))
    return Telling(n, timedelta(weeks=1 + week) + again * APART, desks, _places(region))


def _desks(story: Story, region: str) -> dict[int, Seat]:
    """Give the branch's seat for each of the story, in the order in which both were made."""
    found: dict[int, Seat] = {}
    for name, team in groupby(story.seats, key=lambda seat: seat.team.name):
        own = Seat.objects.filter(team__name=f"{region}{name}").order_by("pk")
        found |= dict(zip([seat.pk for seat in team], own, strict=True))
    return found


def _places(region: str) -> list[Place]:
    """Give the cities of a province as people write them, or the province itself."""
    if not region:
        return []
    code = resolve(region).code
    own = [
        c
        for c in divisions()
        if code and c // 10_000 == code // 10_000 and not c % 100 and c != code
    ]
    return [Place(stem(divisions()[c]), c) for c in own] or [Place(region, code)]


@transaction.atomic
def _tell(story: Story, tellings: Sequence[Telling], seed: int) -> int:
    """Tell a story so many times. Returns how many leads that made."""
    page, turns = Page(), Counter[int]()
    number = Identifier.objects.order_by("-id").values_list("id", flat=True).first() or 0
    for telling in tellings:
        chance = Random(f"{seed}:telling {telling.n}")  # noqa: S311
        number = _Teller(story, telling, chance, page, number).tell()
        turns.update({telling.seats[old].pk: count for old, count in story.turns.items()})
    write(page)
    for seat_id, count in turns.items():
        Seat.objects.filter(pk=seat_id).update(turn_count=F("turn_count") + count)
    return len(tellings) * story.leads


@dataclass
class _Teller:
    """One telling on its way onto the page. `number` counts the ways of reaching people: no two are alike."""

    story: Story
    telling: Telling
    chance: Random
    page: Page
    number: int

    def tell(self) -> int:
        """Put all of it onto the page. Returns the last number that was used."""
        telling, page = self.telling, self.page
        page.tellings.append((telling.n, telling.shift))
        for old in self.story.seats:
            new = telling.seats[old.pk]
            page.cast.append(("seat", old.pk, telling.n, new.pk))
            page.cast.append(("member", old.member_id, telling.n, new.member_id))
        page.cast += {
            ("team", s.team_id, telling.n, telling.seats[s.pk].team_id) for s in self.story.seats
        }
        leads: dict[UUID, tuple[UUID, Place]] = {}
        for one in self.story.people:
            leads |= self._invite(one)
        for decided in self.story.rounds:
            new_id = self._twin(decided.id, decided.at)
            seats = [self._seated(seat) for seat in decided.seats]
            turns = [
                structs.replace(
                    lead,
                    id=leads[lead.id][0],
                    region=leads[lead.id][1].code or lead.region,
                    barred=tuple(self.telling.seats[old].pk for old in lead.barred),
                )
                for lead in decided.leads
            ]
            page.decisions.append((new_id, dumps(seats), dumps(turns)))
        return self.number

    def _seated(self, seat: TurnSeat) -> TurnSeat:
        new = self.telling.seats[seat.id]
        return structs.replace(seat, id=new.pk, member_id=new.member_id)

    def _invite(self, one: Person) -> dict[UUID, tuple[UUID, Place]]:
        """Let somebody else live through what one of the story did. Gives the new leads of the old."""
        was = one.letters[0].body.lead.region
        place = (
            self.chance.choice(self.telling.places)
            if self.telling.places
            else Place(was, resolve(was).code)
        )
        name = person(self.chance) if one.name else ""
        company = firm(self.chance, place.name) if one.company else ""
        contact_id = self._twin(one.id, one.created_at)
        found_by = letters(name, company)
        called = (name, company, found_by["initials"], found_by["pairs"])
        self.page.guests.append((one.id, self.telling.n, *called, was, place.name, place.code))
        reached = self._reach(one.ways, contact_id)
        found = {}
        for letter in one.letters:
            new_id = self._twin(letter.id, letter.at, self.story.ties.get(letter.id, ()))
            own = {key: value for key, value in reached.items() if getattr(letter.body.lead, key)}
            lead = structs.replace(
                letter.body.lead,
                name=name if letter.body.lead.name else "",
                company=company if letter.body.lead.company else "",
                region=place.name,
                message=letter.body.lead.message.replace(was, place.name)
                if was
                else letter.body.lead.message,
                **own,
            )
            body = encode_body(Body(lead, letter.body.evidence))
            self.page.letters.append((new_id, seal(body, b"submission:" + new_id.bytes)))
            if letter.id in one.leads:
                found[letter.id] = new_id, place
                for call_id, at in self.story.calls.get(letter.id, ()):
                    self._twin(call_id, at)
        return found

    def _reach(self, ways: Sequence[str], contact_id: UUID) -> dict[str, str]:
        """Make up ways of reaching somebody, of the same kinds, and put them onto the page."""
        reached = {}
        for kind in ways:
            self.number += 1
            phone = f"163{self.number * STRIDE % PHONES:08d}"
            made = {
                "phone": phone,
                "email": f"b{self.number}@example.com",
                "wechat": f"qhdemo{self.number}",
            }
            reached[kind] = made[kind]
            value = f"+86{phone}" if kind == "phone" else made[kind]
            tail = lookup(value[-4:], "tail") if kind == "phone" else None
            sealed = seal(value.encode(), b"identifier:" + contact_id.bytes)
            self.page.ways.append((contact_id, kind, lookup(value, kind), tail, sealed))
        return reached

    def _twin(self, old: UUID, at: datetime, ties: Sequence[Tie] = ()) -> UUID:
        """Make the id of something as old as it is said to be, by which those win a tie who won in the story."""
        milliseconds = int((at - self.telling.shift).timestamp() * 1000)
        while True:
            new = uuid7(milliseconds)
            if all(self._wins(new, tie) for tie in ties):
                break
        self.page.twins.append((old, self.telling.n, new))
        return new

    def _wins(self, lead_id: UUID, tie: Tie) -> bool:
        seats = {old: self.telling.seats[old].pk for old in tie.tied}
        return drawn(lead_id, list(seats.values())) == seats[tie.winner]
