"""The account of everything that arrived (INS-9), and what unattended leads have cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from clew.access.models import Member, Role
from clew.contacts.models import Lead
from clew.errors import Denied
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.pipeline.models import IS_CONTACT, Call, Clock


@dataclass(frozen=True, slots=True)
class Account:
    """Both sums. Submissions end in exactly one way; leads stand in exactly one place."""

    submissions: int
    new_leads: int
    merged: int
    rejected: int
    failed: int
    waiting: int
    undone: int
    leads: int
    with_person: int
    in_pool: int
    closed: dict[str, int]

    @property
    def is_balanced(self) -> bool:
        """Tell whether both sums come out."""
        ends = self.new_leads + self.merged + self.rejected + self.failed + self.waiting
        ends += self.undone
        places = self.with_person + self.in_pool + sum(self.closed.values())
        return self.submissions == ends and self.leads == places == self.new_leads


@dataclass(frozen=True, slots=True)
class Waste:
    """Leads whose contact was due and that nobody has tried to reach, and what they cost."""

    cost_minor: int
    count: int


BREACHES = """
select (select count(*) from contacts_lead l where not exists
    (select from handoff_placement p where p.lead_id = l.id and p.closed_at is null)),
  (select count(*) from contacts_lead l join handoff_placement p
    on p.lead_id = l.id and p.closed_at is null
    where (l.ended_at is null) = (p.kind = 'closed')),
  (select count(*) from handoff_seat s
    left join (select seat_id, count(*) filter (where closed_at is null) as open,
        count(*) filter (where round_id is not null) as turns
      from handoff_placement where seat_id is not null group by seat_id) p on p.seat_id = s.id
    where (s.open_count, s.turn_count) <> (coalesce(p.open, 0), coalesce(p.turns, 0))),
  (select count(*) from (select from handoff_seat group by team_id having sum(credit) <> 0) t),
  (select count(*) from resting_rest r join contacts_lead l on l.id = r.lead_id
    where r.ended_at is null and (r.person_id <> coalesce(l.person_id, l.contact_id) or exists
      (select from contacts_lead o join handoff_placement p on p.lead_id = o.id and p.closed_at is null
       where o.ended_at is null and coalesce(o.person_id, o.contact_id) = r.person_id
         and p.opened_at < now() - interval '10 minutes')))
"""
A_DAY = timedelta(days=1)
OUTCOMES = """
select l.source_id, r.currency, count(*) filter (where l.is_history),
  count(*) filter (where r.is_won), count(*) filter (where not r.is_won),
  sum(r.value_minor) filter (where r.is_won)
from pipeline_result r join contacts_lead l on l.id = r.lead_id
group by l.source_id, r.currency order by l.source_id, r.currency
"""
ACCOUNT = """
select a.*, p.*
from (select (select count(*) from capture_submission),
    (select count(*) from contacts_lead),
    (select count(*) from contacts_repeat),
    (select count(distinct f.submission_id) from capture_failure f
      where f.settlement in ('dismissed', 'corrected')
        and not exists (select from contacts_lead l where l.id = f.submission_id)
        and not exists (select from contacts_repeat r where r.submission_id = f.submission_id)
        and not exists (select from capture_waiting w where w.submission_id = f.submission_id)
        and not exists (select from capture_undone u where u.submission_id = f.submission_id)
        and not exists (select from capture_failure g
          where g.submission_id = f.submission_id and g.settled_at is null)),
    (select count(*) from capture_failure where settled_at is null),
    (select count(*) from capture_waiting),
    (select count(*) from capture_undone)) a
left join (select kind, reason, count(*) from handoff_placement where closed_at is null
  group by kind, reason) p on true
"""


def account(viewer: Member) -> Account:
    """Count everything in one snapshot. Raises Denied to all but administrators and managers."""
    if viewer.role == Role.SALESPERSON:
        raise Denied
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNT)
        rows = cursor.fetchall()
    submissions, new_leads, merged, rejected, failed, waiting, undone = rows[0][:7]
    places = [row[7:] for row in rows if row[7] is not None]
    return Account(
        submissions=submissions,
        new_leads=new_leads,
        merged=merged,
        rejected=rejected,
        failed=failed,
        waiting=waiting,
        undone=undone,
        leads=new_leads,
        with_person=sum(n for kind, _, n in places if kind == Placement.Kind.PERSON),
        in_pool=sum(n for kind, _, n in places if kind == Placement.Kind.POOL),
        closed={reason: n for kind, reason, n in places if kind == Placement.Kind.CLOSED},
    )


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the leads of a source came out, and what the won ones were worth by currency, in cents."""

    history: int
    won: int
    lost: int
    value_minor: dict[str, int]


NO_OUTCOMES = Outcomes(0, 0, 0, {})


def outcomes(viewer: Member) -> dict[int, Outcomes]:
    """Count results by source, old records among them. Raises Denied to salespeople."""
    if viewer.role == Role.SALESPERSON:
        raise Denied
    found: dict[int, Outcomes] = {}
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES)
        for source_id, currency, history, won, lost, value in cursor.fetchall():
            so_far = found.get(source_id, NO_OUTCOMES)
            worth = {currency: int(value)} if value else {}
            found[source_id] = Outcomes(
                so_far.history + history,
                so_far.won + won,
                so_far.lost + lost,
                {**so_far.value_minor, **worth},
            )
    return found


@dataclass(frozen=True, slots=True)
class Breaches:
    """How often a promise about places is broken; all zero unless somebody wrote past the actions."""

    leads_nowhere: int
    leads_ended_but_open: int
    seats_miscounted: int
    teams_with_credit_left: int
    resting_though_open: int


def breaches() -> Breaches:
    """Look for leads and seats whose books do not agree."""
    with connection.cursor() as cursor:
        cursor.execute(BREACHES)
        return Breaches(*cursor.fetchone())


def never_contacted(viewer: Member, now: datetime) -> QuerySet[Lead]:
    """Give open leads that nobody ever tried to reach, though it was due or a day has passed."""
    called = Call.objects.filter(lead=OuterRef("pk"))
    due = Exists(Clock.objects.filter(IS_CONTACT, lead=OuterRef("pk"), due_at__lt=now))
    return visible_leads(viewer).filter(
        ~Exists(called), due | Q(opened_at__lt=now - A_DAY), ended_at=None
    )


def waste(viewer: Member, now: datetime) -> Waste:
    """Add up what the leads of `never_contacted` have cost so far."""
    leads = never_contacted(viewer, now)
    return Waste(leads.aggregate(cost=Sum("cost_minor"))["cost"] or 0, leads.count())
