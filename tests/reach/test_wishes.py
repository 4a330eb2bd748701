"""By what, when and whether people are told: wishes, quiet hours, mail, and what becomes of what stays unread."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.utils.translation import override

from clew.access.models import Member
from clew.base.targets import read_relay, read_targets
from clew.handoff.actions.leads import assign
from clew.pipeline.actions.leads import log_call
from clew.pipeline.clocks.belt.steps import go_on
from clew.pipeline.models import Clock
from clew.reach.actions.notices import hand_on, read
from clew.reach.actions.wishes import be_patient, wish
from clew.reach.errors import PatienceUnfit, QuietUnfit, WishUnknown
from clew.reach.models import Delivery, Notice, Patience, Wish
from clew.reach.queries import mail_health, notices
from clew_peers.mail import Relay
from clew_peers.robots import WECOM, Robots
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire
from tests.pipeline.clocks.test_stages import limited, of
from tests.pipeline.desk import call
from tests.reach.make import hot, listen, listened, others, seat_of, told
from tests.reach.test_sending import Post, come, connect

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def robots() -> Iterator[Robots]:
    with (
        Robots() as made,
        override_settings(PRIVATE_TARGETS=read_targets(f"127.0.0.1:{made.port}")),
    ):
        yield made


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay("clew", "p@ss") as made:
        smtp = read_relay(f"smtp+plain://clew:p%40ss@127.0.0.1:{made.port}")
        with override_settings(SMTP=smtp, MAIL_FROM="clew@example.com"):
            yield made


@pytest.fixture
def post(robots: Robots) -> Iterator[Post]:
    made = Post()
    robots.clock = made.clock
    yield made
    made.close()


def with_mail(company: Company) -> None:
    for person in (*company.people, company.manager):
        Member.objects.filter(pk=person.pk).update(email=f"{person.username}@example.com")


def later(post: Post, minutes: int) -> None:
    """Let so many minutes pass, one after the other, as the worker would."""
    for _ in range(minutes):
        post.go_on(minutes=1)
        while hand_on(post.now):
            pass
    post.go_on()


def states() -> list[tuple[str, str]]:
    found = Delivery.objects.order_by("pk").values_list("outlet__vendor", "state")
    return [(vendor, state) for vendor, state in found]


def test_what_stays_unread_goes_by_mail_and_then_to_the_manager(
    robots: Robots, relay: Relay, post: Post
) -> None:
    company = listened()
    connect(robots, company)
    with_mail(company)
    desk = come(company)
    later(post, 4)
    assert (len(robots.said("k")), relay.taken) == (1, [])
    later(post, 1)
    (mail,) = relay.taken
    assert mail.to == f"{desk.holder.username}@example.com"
    text = mail.message.get_content()  # type: ignore[attr-defined]
    assert f"/leads/{desk.lead_id}" in text
    assert "周建国" not in text
    assert told(company.manager) == []
    later(post, 5)
    assert told(company.manager) == ["unread"]
    later(post, 60)
    assert told(company.manager) == ["unread"]
    assert [one.to for one in relay.taken] == [mail.to, "manager@example.com"]


@pytest.mark.parametrize("how", ["read", "called"])
def test_what_was_read_or_dealt_with_is_handed_on_to_nobody(
    robots: Robots, relay: Relay, post: Post, how: str
) -> None:
    company = listened()
    with_mail(company)
    desk = come(company)
    later(post, 2)
    if how == "read":
        read(desk.holder, post.now)
    else:
        log_call(desk.lead_id, call(), member=desk.holder, now=post.now)
        listen()
    later(post, 30)
    assert relay.taken == []
    assert told(company.manager) == []


def test_a_clock_that_ran_out_a_while_ago_is_told_to_the_manager() -> None:
    desk = hot()
    go_on(MONDAY_NOON + 15 * MINUTE)
    listen()
    assert told(desk.company.manager) == ["unmet"]


@pytest.mark.parametrize(
    ("kind", "minutes", "words"),
    [
        ("unmet", 15, "has not met with a lead in time"),
        ("stuck", 150, "has had a lead for too long in its stage"),
    ],
)
@pytest.mark.parametrize(("when", "count"), [("now", 1), ("never", 0)])
def test_a_manager_hears_what_a_clock_escalates_by_the_way_and_at_the_time_that_they_chose(  # noqa: PLR0917
    relay: Relay, kind: str, minutes: int, words: str, when: str, count: int
) -> None:
    company = listened()
    with_mail(company)
    limited(company, of("asked", reclaim=None))
    wish(company.manager, {(kind, "mail"): when, (kind, "robot"): "never"}, None)
    enquire(company.site, phone="13812345678", **HOT)
    Clock.objects.filter(kind="first" if kind == "stuck" else "stage").update(
        stopped_at=MONDAY_NOON
    )
    go_on(MONDAY_NOON + minutes * MINUTE)
    listen()
    assert told(company.manager) == [kind]
    assert Delivery.objects.filter(notice__kind=kind).count() == count
    with override("en"):
        (row,) = notices(company.manager).rows
        assert row.words.endswith(words)
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.manager)
    page = client.get("/notices/preferences").content.decode()
    assert f'name="{kind}_mail"' in page
    assert "A lead of my team stays too long in a stage" in page


def test_a_team_without_a_manager_has_the_administrator() -> None:
    desk = hot()
    Member.objects.filter(pk=desk.company.manager.pk).update(is_active=False)
    go_on(MONDAY_NOON + 15 * MINUTE)
    listen()
    assert told(desk.company.administrator) == ["unmet"]


def test_how_long_something_may_stay_unread_is_set(
    robots: Robots, relay: Relay, post: Post
) -> None:
    company = listened()
    be_patient(2, 3, by=company.administrator, now=MONDAY_NOON)
    come(company)
    later(post, 3)
    assert told(company.manager) == ["unread"]


@pytest.mark.parametrize("minutes", [(0, 5), (5, 5), (6, 5), (1, 1441), (-1, 3)])
def test_patience_that_makes_no_sense_is_refused(robots: Robots, minutes: tuple[int, int]) -> None:
    with pytest.raises(PatienceUnfit):
        be_patient(*minutes, by=listened().administrator, now=MONDAY_NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Patience.objects.create(pk=1, next_minutes=5, manager_minutes=5)


def test_a_member_is_told_as_they_wish(robots: Robots, relay: Relay, post: Post) -> None:
    company = listened()
    connect(robots, company)
    with_mail(company)
    for person in company.people:
        wish(person, {("hot", "robot"): "never", ("hot", "mail"): "now"}, None)
    come(company)
    post.go_on()
    assert (len(robots.said("k")), len(relay.taken)) == (0, 1)
    for person in company.people:
        wish(person, {}, None)
    assert not Wish.objects.exists()


def test_what_is_collected_is_one_message_past_the_hour(
    robots: Robots, relay: Relay, post: Post
) -> None:
    company = listened()
    connect(robots, company)
    for person in company.people:
        wish(person, {("hot", "robot"): "hourly"}, None)
    for number in range(3):
        come(company, number)
    post.go_on(minutes=6)
    assert robots.said("k") == []
    post.go_on(minutes=2)
    (said,) = robots.said("k")
    assert len({link for link in said.links if "/leads/" in link}) == 3


def test_in_quiet_hours_nobody_is_spoken_to(robots: Robots, relay: Relay, post: Post) -> None:
    company = listened()
    connect(robots, company)
    with_mail(company)
    for person in company.people:
        wish(person, {}, (11 * 60, 13 * 60))  # it is 12:00 in Shanghai
    come(company)
    later(post, 59)
    assert (robots.said("k"), relay.taken, told(company.manager)) == ([], [], [])
    later(post, 2)
    assert len(robots.said("k")) == 1
    later(post, 10)
    assert told(company.manager) == ["unread"]


def test_what_stays_unread_into_quiet_hours_goes_by_mail_when_they_end(
    robots: Robots, relay: Relay, post: Post
) -> None:
    company = listened()
    with_mail(company)
    for person in company.people:
        wish(person, {}, (12 * 60 + 3, 13 * 60))
    mailbox = f"{come(company).holder.username}@example.com"
    later(post, 59)
    assert mailbox not in {mail.to for mail in relay.taken}
    later(post, 2)
    assert [mail.to for mail in relay.taken].count(mailbox) == 1


def test_in_quiet_hours_nobody_is_told_that_a_lead_is_with_others_now(
    robots: Robots, post: Post
) -> None:
    company = listened()
    connect(robots, company)
    desk = come(company)
    post.go_on()
    for person in company.people:
        wish(person, {}, (11 * 60, 13 * 60))
    to = seat_of(others(desk)[0])
    assign(desk.lead_id, seat_id=to.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    listen()
    post.go_on(minutes=59)
    assert len(robots.said("k")) == 1
    post.go_on(minutes=2)
    assert desk.holder.name in robots.said("k")[1].text


@pytest.mark.parametrize(
    "says",
    [
        ("451", "waiting", "smtp_451"),
        ("550", "failed", "smtp_550"),
        ("closed", "waiting", "unreachable"),
        ("unknown", "waiting", "unreachable"),
        ("deaf", "unknown", "no_answer"),
    ],
)
def test_what_a_relay_says_is_taken_for_what_it_is(
    robots: Robots,
    relay: Relay,
    post: Post,
    says: tuple[str, str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault, state, problem = says
    monkeypatch.setattr("clew.base.smtp.hand_over.__kwdefaults__", {"seconds": 0.5})
    company = listened()
    with_mail(company)
    relay.fault = fault
    for person in company.people:
        wish(person, {("hot", "mail"): "now"}, None)
    come(company)
    post.go_on()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.problem) == (state, problem)
    assert mail_health().problem
    relay.fault = ""
    post.go_on(minutes=1)
    assert len(relay.taken) == (1 if state == "waiting" else 0)


def test_an_address_that_is_none_fails_alone(robots: Robots, relay: Relay, post: Post) -> None:
    company = listened()
    with_mail(company)
    Member.objects.update(email="a b\nBcc: x@example.com")
    for person in company.people:
        wish(person, {("hot", "mail"): "now"}, None)
    come(company)
    post.go_on()
    assert states() == [("email", "failed")]
    assert relay.taken == []


def test_without_a_relay_there_is_no_mail(robots: Robots, post: Post) -> None:
    company = listened()
    with_mail(company)
    come(company)
    later(post, 6)
    assert states() == []


@pytest.mark.parametrize("quiet", [(60, 60), (-1, 60), (60, 1440)])
def test_quiet_hours_that_are_none_are_refused(quiet: tuple[int, int]) -> None:
    with pytest.raises(QuietUnfit):
        wish(listened().people[0], {}, quiet)


@pytest.mark.parametrize(
    "wishes", [{("hot", "smoke"): "now"}, {("x", "mail"): "now"}, {("hot", "mail"): "soon"}]
)
def test_wishes_that_nobody_knows_are_refused(wishes: dict[tuple[str, str], str]) -> None:
    with pytest.raises(WishUnknown):
        wish(listened().people[0], wishes, None)


def test_the_page_keeps_what_is_chosen_and_says_what_cannot_be() -> None:
    company = listened()
    person = company.people[0]
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    page = client.get("/notices/preferences").content.decode()
    assert "No robot serves you yet" in page
    assert "Somebody of my team" not in page
    assert "A lead of my team" not in page
    sent = {"hot_robot": "hourly", "quiet_from": "22:00", "quiet_until": "08:00"}
    assert client.post("/notices/preferences", sent).status_code == 302
    assert list(Wish.objects.values_list("kind", "medium", "when")) == [("hot", "robot", "hourly")]
    assert 'value="22:00"' in client.get("/notices/preferences").content.decode()
    for wrong in (
        {"quiet_from": "22:00"},
        {"quiet_from": "x", "quiet_until": "08:00"},
        {"hot_robot": "x"},
    ):
        assert client.post("/notices/preferences", wrong).status_code == 422
    assert Wish.objects.count() == 1


def test_notices_say_what_became_of_them(robots: Robots, relay: Relay, post: Post) -> None:
    company = listened()
    connect(robots, company, WECOM)
    desk = come(company)
    post.go_on()
    client = Client(headers={"accept-language": "en"})
    client.force_login(desk.holder)
    assert "WeCom: delivered" in client.get("/notices").content.decode()
    assert Notice.objects.get().step == 0
