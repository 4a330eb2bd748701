"""The story of the demo as it can be told again: its people with what they sent, and every turn that a tie decided."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from clew.base.sealing import unseal
from clew.capture.models import Submission
from clew.capture.schemas import Body, decode_body
from clew.contacts.models import Identifier
from clew.handoff.models import Round, Seat
from clew.handoff.queries import inputs
from clew.handoff.rules import Lead as TurnLead
from clew.handoff.rules import Seat as TurnSeat
from clew.handoff.rules import Turn, draws, share_out
from clew.pipeline.models import Call
from clew.web.demo.company import TEAMS

# Whoever is one person alone, was met in the story's own teams, and about whom nobody said anything by hand.
PEOPLE = """
with told as (
  select l.id, l.contact_id, l.ended_at is not null as is_over from contacts_lead l
  join handoff_placement p on p.lead_id = l.id and p.closed_at is null
  join access_team t on t.id = p.team_id and t.name = any(%(teams)s)
  where l.opened_at >= %(begin)s and not l.is_history and l.person_id is null)
select c.id, c.name, c.company, c.created_at, bool_and(told.is_over), array_agg(told.id)
from told join contacts_contact c on c.id = told.contact_id
where c.survivor_id is null and c.created_at >= %(begin)s
  and not exists (select from contacts_contact a where a.survivor_id = c.id)
  and not exists (select from contacts_lead l where l.contact_id = c.id
    and (l.id not in (select id from told)
      or exists (select from grading_override o where o.lead_id = l.id)
      or exists (select from handoff_route r where r.lead_id = l.id)))
group by c.id order by c.created_at, c.id
"""
SENT = """
select s.id, coalesce(r.lead_id, s.id) from capture_submission s
left join contacts_repeat r on r.submission_id = s.id
where coalesce(r.lead_id, s.id) = any(%s) order by s.received_at, s.id
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody sent, when."""

    id: UUID
    at: datetime
    body: Body


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the story: what they sent, how they can be reached, whether all of it is over."""

    id: UUID
    name: str
    company: str
    created_at: datetime
    is_over: bool
    leads: frozenset[UUID]
    ways: Sequence[str]
    letters: Sequence[Letter]


@dataclass(frozen=True, slots=True)
class Decision:
    """A round with its inputs."""

    id: UUID
    at: datetime
    seats: Sequence[TurnSeat]
    leads: Sequence[TurnLead]


@dataclass(frozen=True, slots=True)
class Tie:
    """Equals at the turn of a lead, and who of them got it."""

    tied: Sequence[int]
    winner: int


@dataclass(frozen=True, slots=True)
class Story:
    """What can be told again. Whoever shares a round is told together, or not at all."""

    people: Sequence[Person]
    rounds: Sequence[Decision]
    ties: Mapping[UUID, Sequence[Tie]]
    turns: Mapping[int, int]  # how many leads each seat was given by them
    calls: Mapping[UUID, Sequence[tuple[UUID, datetime]]]  # by lead
    seats: Sequence[Seat]

    @property
    def leads(self) -> int:
        """How many leads a telling has."""
        return sum(len(person.leads) for person in self.people)

    def only_over(self) -> "Story":
        """Leave out everybody with an open lead, and whoever shares a round with one that is left out."""
        return _closed(self, [person for person in self.people if person.is_over])


def read(begin: datetime) -> Story:
    """Read the story that began then, from the teams that it is told of."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"teams": list(TEAMS.values()), "begin": begin})
        found = cursor.fetchall()
        cursor.execute(SENT, [[lead for row in found for lead in row[5]]])
        sent = cursor.fetchall()
    letters = _letters([submission_id for submission_id, _ in sent])
    of_lead: dict[UUID, list[Letter]] = defaultdict(list)
    for submission_id, lead_id in sent:
        of_lead[lead_id].append(letters[submission_id])
    ways: dict[UUID, list[str]] = defaultdict(list)
    for contact_id, kind in Identifier.objects.order_by("id").values_list("contact_id", "kind"):
        ways[contact_id].append(kind)
    people = [
        Person(
            contact_id,
            name,
            company,
            created_at,
            is_over,
            frozenset(leads),
            ways[contact_id],
            [letter for lead in leads for letter in of_lead[lead]],
        )
        for contact_id, name, company, created_at, is_over, leads in found
    ]
    own = Seat.objects.filter(team__name__in=TEAMS.values()).select_related("team")
    seats = list(own.order_by("team_id", "pk"))
    return _closed(Story((), _rounds(seats), {}, {}, _calls(), seats), people)


def _letters(ids: Sequence[UUID]) -> dict[UUID, Letter]:
    return {
        s.pk: Letter(
            s.pk, s.received_at, decode_body(unseal(bytes(s.body), b"submission:" + s.pk.bytes))
        )
        for s in Submission.objects.filter(pk__in=ids)
    }


def _rounds(seats: Sequence[Seat]) -> list[Decision]:
    rounds = Round.objects.filter(team__in={seat.team_id for seat in seats})
    return [Decision(r.pk, r.decided_at, *inputs(r)) for r in rounds.order_by("decided_at", "pk")]


def _calls() -> dict[UUID, list[tuple[UUID, datetime]]]:
    found: dict[UUID, list[tuple[UUID, datetime]]] = defaultdict(list)
    for lead_id, call_id, at in Call.objects.order_by("at").values_list("lead_id", "pk", "at"):
        found[lead_id].append((call_id, at))
    return found


def _closed(story: Story, people: Sequence[Person]) -> Story:
    """Keep the people whose rounds were shared with nobody else, and these rounds."""
    while True:
        told = {lead for person in people for lead in person.leads}
        torn = {
            lead.id
            for one in story.rounds
            for lead in one.leads
            if any(other.id not in told for other in one.leads)
        }
        kept = [person for person in people if person.leads.isdisjoint(torn)]
        if len(kept) == len(people):
            break
        people = kept
    rounds = [one for one in story.rounds if all(lead.id in told for lead in one.leads)]
    outcomes = [(one, share_out(one.seats, one.leads).turns) for one in rounds]
    turns = Counter(turn.seat_id for _, taken in outcomes for turn in taken if turn.seat_id)
    return Story(people, rounds, _ties(outcomes), turns, story.calls, story.seats)


def _ties(outcomes: Iterable[tuple[Decision, Sequence[Turn]]]) -> dict[UUID, list[Tie]]:
    found: dict[UUID, list[Tie]] = defaultdict(list)
    for one, turns in outcomes:
        for turn, tied in zip(turns, draws(one.seats, one.leads), strict=True):
            if turn.seat_id is not None and len(tied) > 1:
                found[turn.lead_id].append(Tie(tied, turn.seat_id))
    return found
