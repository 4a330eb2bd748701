"""A small company for tests, built as an operator would: people, teams, seats, sources, leads."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from clew.access.models import Member, Membership, Organisation, Role, Team
from clew.base.ids import uuid7
from clew.base.ledger import Actor
from clew.base.sealing import seal
from clew.capture.models import Consent, ConsentText, Form, Source, Submission, Waiting
from clew.capture.schemas import Body, LeadIn, Outcome, encode_body
from clew.handoff.actions.seats import join
from clew.handoff.models import Calendar, Method, Seat
from clew.web.seed import ensure
from clew.web.worker import run_belt_once

MONDAY_NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a working day
SUNDAY_NIGHT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
TESTER = Actor("system", "test")


@dataclass
class Company:
    """One operator with an online and an offline team."""

    organisation: Organisation
    online: Team
    offline: Team
    administrator: Member
    manager: Member
    site: Source
    fair: Source
    seats: list[Seat] = field(default_factory=list)

    @property
    def people(self) -> list[Member]:
        """The salespeople of the online team, in the order of their seats."""
        return [seat.member for seat in self.seats]


def member(organisation: Organisation, username: str, role: Role, *teams: Team) -> Member:
    """Make an account without a usable password."""
    made = Member.objects.create(
        organisation=organisation,
        username=username,
        name=username.title(),
        role=role,
        joined_at=MONDAY_NOON,
        password="!",
    )
    for team in teams:
        Membership.objects.create(team=team, member=made)
    return made


def found(weights: tuple[int, ...] = (1, 1, 1), capacity: int = 50) -> Company:
    """Set the company up with one online salesperson per weight."""
    ensure(MONDAY_NOON)
    organisation = Organisation.objects.create(name="启衡工控")
    online = Team.objects.create(organisation=organisation, name="线上组")
    offline = Team.objects.create(organisation=organisation, name="线下组")
    calendar = Calendar.objects.get()
    for team, side in ((online, "online"), (offline, "offline")):
        Method.objects.create(team=team, calendar=calendar, side=side)
    company = Company(
        organisation,
        online,
        offline,
        member(organisation, "admin", Role.ADMINISTRATOR),
        member(organisation, "manager", Role.MANAGER, online),
        source("site", is_online=True, cost_minor=3860),
        source("fair", is_online=False, cost_minor=12000),
    )
    for number, weight in enumerate(weights):
        person = member(organisation, f"sales{number}", Role.SALESPERSON)
        company.seats.append(
            join(
                online.pk,
                person.pk,
                weight=weight,
                capacity=capacity,
                actor=TESTER,
                now=MONDAY_NOON,
            )
        )
    return company


def source(key: str, *, is_online: bool, cost_minor: int = 0) -> Source:
    """Make a source of own leads."""
    return Source.objects.create(
        key=key,
        name=key,
        kind="own",
        is_online=is_online,
        cost_minor=cost_minor,
        created_at=MONDAY_NOON,
    )


def submit(
    origin: Source,
    now: datetime = MONDAY_NOON,
    *,
    channel: str = Submission.Channel.API,
    outcome: Outcome | None = None,
    millisecond: int | None = None,
    **given: Any,
) -> UUID:
    """Store one submission as capture does, and leave it waiting; `millisecond` sets its order."""
    submission_id = uuid7(millisecond)
    lead = LeadIn(source=origin.key, **given)
    Submission.objects.create(
        id=submission_id,
        source=origin,
        external_id=given.get("external_id"),
        channel=channel,
        occurred_at=given.get("occurred_at") or now,
        received_at=now,
        cost_minor=origin.cost_minor,
        actor_kind="system",
        actor_id="test",
        body=seal(
            encode_body(Body(lead=lead, outcome=outcome)), b"submission:" + submission_id.bytes
        ),
    )
    Consent.objects.create(
        submission_id=submission_id, purpose="enquiry", text_version="1", given_at=now
    )
    Waiting.objects.create(submission_id=submission_id)
    return submission_id


def enquire(origin: Source, now: datetime = MONDAY_NOON, **given: Any) -> UUID:
    """Submit and let the belt handle it."""
    submission_id = submit(origin, now, **given)
    while run_belt_once(now):
        pass
    return submission_id


def record(
    origin: Source, outcome: Outcome | None = None, now: datetime = MONDAY_NOON, **given: Any
) -> UUID:
    """Let the belt handle one row of history."""
    return enquire(origin, now, channel=Submission.Channel.HISTORY, outcome=outcome, **given)


def enquiry_form(company: Company) -> Form:
    """Make a hosted form of the site, in English, with the text to agree to."""
    text = ConsentText.objects.create(
        purpose="enquiry", version=1, wording={"en": "You agree"}, created_at=MONDAY_NOON
    )
    return Form.objects.create(
        slug="ask",
        organisation=company.organisation,
        source=company.site,
        consent_text=text,
        title="Ask us",
        button="Send",
    )


HOT = {"message": "今天急要 20 台 400W 伺服电机，请报价", "company": "昆山锐达自动化设备厂"}
COLD = {"message": ""}
