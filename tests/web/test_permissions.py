"""Every route × every role × strangers' ids, against the one table; headers and forgery on all."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clew.access.models import Member, Role
from clew.base.ledger import Actor
from clew.base.sheets_out import Format
from clew.capture.actions.imports import begin
from clew.contacts.models import Lead
from clew.grading.trials.actions import try_draft
from clew.handoff.actions.routing import write_draft
from clew.handoff.models import Calendar, Seat
from clew.handoff.people.actions import plan_absence
from clew.handoff.routing import Rule
from clew.pipeline.actions.exports import Order, advance, ask
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.aftersale.models import CareStep
from clew.pipeline.bulk.actions import choose
from clew.pipeline.filters import Filter
from clew.pipeline.meetings.actions.inviting import Plan, invite
from clew.pipeline.moves.models import Stage
from clew.pipeline.plays.models import Play, Script
from clew.pipeline.queue.actions import take_in
from clew.pipeline.queue.late import Result
from clew.pipeline.reviews.actions import draw_sample
from clew.pipeline.saved.actions import Sharing, save
from clew.web import merging, permissions
from clew.web.asgi import BARE
from clew.web.permissions import ANYBODY, TABLE, Rows, is_allowed
from tests.company import HOT, MONDAY_NOON, Company, enquire, found, member

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

BARE_NAMES = {name for name, _ in BARE.values()} | {"static"}
CALLERS = ("", *Role.values)
LINKS = {"meetings:invitation", "aftersale:answer"}  # a secret takes the cookie's place
IDS = {
    "step_id",
    "lead_id",
    "submission_id",
    "seat_id",
    "team_id",
    "member_id",
    "import_id",
    "export_id",
    "absence_id",
    "merge_id",
    "trial_id",
    "view_id",
    "bulk_id",
    "script_id",
    "meeting_id",
    "place",
    "play_id",
    "review_id",
    "call_id",
}
UUIDS = {
    "lead_id",
    "submission_id",
    "import_id",
    "export_id",
    "merge_id",
    "trial_id",
    "view_id",
    "bulk_id",
    "meeting_id",
    "call_id",
}


@dataclass(frozen=True)
class Route:
    """A named address of the URLconf, with the arguments it takes."""

    name: str
    arguments: frozenset[str]


def routes() -> list[Route]:
    """All named routes, whatever they are included from."""
    return sorted(_walk(get_resolver(), ""), key=lambda r: r.name)


def _walk(
    resolver: URLResolver, prefix: str, above: frozenset[str] = frozenset()
) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        arguments = above | frozenset(entry.pattern.regex.groupindex)
        if isinstance(entry, URLPattern):
            yield Route(f"{prefix}{entry.name}", arguments)
        else:
            deeper = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from _walk(entry, deeper, arguments)


@dataclass
class World:
    """A company with a lead in the online team, and people of the offline team."""

    company: Company
    arguments: dict[str, Any]
    people: dict[str, Member]
    strangers: dict[str, Member]

    def path(self, route: Route, **other: Any) -> str:
        known = {**self.arguments, **other}
        return reverse(route.name, kwargs={name: known[name] for name in route.arguments})


@pytest.fixture
def world() -> World:
    company = found()
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    seat = company.seats[0]
    holder = Member.objects.get(seats__placements__lead=lead_id)
    order = Order(Filter(), ("name",), Format.CSV, "en", "Asia/Shanghai")
    export = ask(order, viewer=holder, now=MONDAY_NOON)
    advance(MONDAY_NOON)
    stranger = member(company.organisation, "stranger", Role.SALESPERSON, company.offline)
    boss = member(company.organisation, "other", Role.MANAGER, company.offline)
    away = plan_absence(
        [Seat.objects.get(member=holder).pk],
        from_at=datetime.now(UTC),
        until_at=datetime.now(UTC) + timedelta(days=1),
        reason="",
        planner=holder,
        now=datetime.now(UTC),
    )
    hers = Actor("member", str(company.manager.pk))
    lapsed = enquire(company.site, phone="13912345678", **HOT)
    gone, kept = (Lead.objects.get(pk=id_).contact_id for id_ in (lapsed, lead_id))
    merged = merging.merge(merging.Order(gone, kept), viewer=company.administrator, now=MONDAY_NOON)
    batch = begin("leads.csv", 100, actor=hers, now=MONDAY_NOON)
    rules = [Rule("all", company.online.pk)]
    write_draft(rules, edition=1, member=company.manager, now=MONDAY_NOON)
    trial = try_draft(edition=1, member=company.manager, now=MONDAY_NOON)
    shared = Sharing("团队的", "team", company.online.pk)
    view = save(uuid4(), shared, Filter(), (), viewer=company.manager, now=MONDAY_NOON)
    bulk = choose(uuid4(), "close", viewer=holder, now=MONDAY_NOON, lead_ids=[lead_id])
    stage = Stage.objects.get(pipeline__side="online", key="comparison")
    care = CareStep.objects.create(
        lead_id=lead_id, member=holder, kind="check", due_at=MONDAY_NOON, made_at=MONDAY_NOON
    )
    met = Plan("shop", "吴中区", 30, [datetime.now(UTC) + timedelta(days=1)])
    meeting = invite(lead_id, met, meeting_id=uuid4(), member=holder, now=datetime.now(UTC))
    lost = enquire(company.site, phone="13712345678", **HOT)
    loser = Member.objects.get(seats__placements__lead=lost)
    close_lead(lost, reason="lost_need", member=loser, now=MONDAY_NOON)
    day = timedelta(days=1)
    span = (MONDAY_NOON - day, MONDAY_NOON + day)
    sample = draw_sample(
        company.online.pk, *span, size=1, seed="s", member=company.manager, now=MONDAY_NOON
    )
    review = sample.reviews.get()
    late = Result(call_id=uuid4(), lead=lead_id, at=0, result="unknown")
    take_in(late, at=MONDAY_NOON, member=holder, now=MONDAY_NOON)
    return World(
        company,
        {
            "lead_id": lead_id,
            "submission_id": lead_id,
            "seat_id": seat.pk,
            "team_id": company.online.pk,
            "member_id": seat.member_id,
            "export_id": export.pk,
            "token_id": 1,
            "trouble": "f-1",
            "form_id": 1,
            "key": company.site.key,
            "slug": "none",
            "ref": "none",
            "import_id": batch.pk,
            "absence_id": away[0].pk,
            "calendar_id": Calendar.objects.get().pk,
            "kind": "csv",
            "number": 1,
            "version": 1,
            "pilot_id": 1,
            "merge_id": merged.pk,
            "trial_id": trial.pk,
            "view_id": view.pk,
            "bulk_id": bulk.pk,
            "review_id": review.pk,
            "robot_id": uuid4(),
            "play_id": Play.objects.latest("pk").pk,
            "call_id": late.call_id,
            "script_id": Script.objects.latest("pk").pk,
            "pipeline_id": stage.pipeline_id,
            "stage_id": stage.pk,
            "reason_id": stage.exit_reasons.earliest("position").pk,
            "meeting_id": meeting.pk,
            "step_id": care.pk,
            "token": "none",
            "place": company.online.pk,
            "clock": "first",
        },
        {"salesperson": holder, "manager": company.manager, "administrator": company.administrator},
        {"salesperson": stranger, "manager": boss},
    )


def caller(world: World, role: str, *, is_stranger: bool = False, **options: Any) -> Client:
    client = Client(headers={"accept-language": "en"}, **options)
    if role:
        client.force_login((world.strangers if is_stranger else world.people)[role])
    return client


def walk(check: Callable[[Route], str | None]) -> None:
    """Check all routes and tell all that failed."""
    faults = [f"{route.name}: {fault}" for route in routes() if (fault := check(route))]
    assert not faults, "\n".join(faults)


def test_every_route_stands_in_the_table_and_nothing_else_does() -> None:
    names = {route.name for route in routes()} | BARE_NAMES
    assert names == set(TABLE)


def test_strangers_reach_these_doors_and_no_others() -> None:
    assert {name for name in TABLE if is_allowed(name)} == {
        "healthz",
        "readyz",
        "static",
        "account_login",
        "account_logout",
        "preferences",
        "api:openapi-json",
        "api:api-root",
        "meetings:invitation",
        "meetings:feed",
        "aftersale:answer",
    } | {name for name in TABLE if name.startswith("capture:")}


def test_a_route_that_is_missing_in_the_table_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(permissions.TABLE, "office:me")
    assert caller(world, "administrator").get("/me").status_code == 403


@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_each_role_may_do_what_the_table_says(world: World, role: str, method: str) -> None:
    def check(route: Route) -> str | None:
        answer = getattr(caller(world, role), method)(world.path(route))
        if is_allowed(route.name, role=role):
            return f"{role} refused: {answer.status_code}" if _is_refused(answer) else None
        return None if _is_refused(answer) else f"{role} let in: {answer.status_code}"

    walk(check)


def _is_refused(answer: HttpResponse) -> bool:
    if answer.status_code == 302 and answer.wsgi_request.method == "GET":
        return answer["Location"].startswith("/sign-in")
    return answer.status_code in {401, 403}


@pytest.mark.parametrize("role", ["salesperson", "manager"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_strangers_id_is_answered_like_one_that_does_not_exist(
    world: World, role: str, method: str
) -> None:
    def check(route: Route) -> str | None:
        rows = TABLE[route.name].get(role)
        if not route.arguments & IDS or rows in {None, Rows.ALL, Rows.PUBLIC}:
            return None
        client = caller(world, role, is_stranger=True)
        real = getattr(client, method)(world.path(route))
        nobody = dict.fromkeys(IDS - UUIDS, 999_999)
        none = getattr(client, method)(
            world.path(route, **{name: uuid4() for name in UUIDS}, **nobody)
        )
        if real.status_code not in {404, 405} or real.status_code != none.status_code:
            return f"{role} {method}: {real.status_code} for a stranger's, {none.status_code}"
        same = _plain(real) == _plain(none)
        return None if same else f"{role}: another page for a stranger's id"

    walk(check)


def _plain(answer: HttpResponse) -> str:
    """The page without what changes each time."""
    text = answer.content.decode()
    return re.sub(r"<code>\w+</code>|[0-9a-f-]{36}|/\d+(?=[/\"])", "", text)


@pytest.mark.parametrize("role", ["salesperson", "manager", "administrator"])
def test_nothing_is_accepted_without_the_forms_token(world: World, role: str) -> None:
    def check(route: Route) -> str | None:
        if ANYBODY not in TABLE[route.name] and role not in TABLE[route.name]:
            return None
        client = caller(world, role, enforce_csrf_checks=True)
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(world.path(route))
            if answer.status_code not in refusals(route):
                return f"{method} {answer.status_code}"
        return None

    walk(check)


def test_nothing_is_accepted_from_another_site_even_with_a_token(world: World) -> None:
    def check(route: Route) -> str | None:
        client = caller(world, "administrator", enforce_csrf_checks=True)
        token = "a" * 32
        client.cookies["clew_csrf"] = token
        sent = {"csrfmiddlewaretoken": token}
        answer = client.post(world.path(route), sent, headers={"origin": "https://evil.example"})
        refused = answer.status_code in refusals(route)
        return None if refused else f"accepted: {answer.status_code}"

    walk(check)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("role", CALLERS)
def test_nothing_is_accepted_that_the_browser_says_another_sites_page_sends(
    world: World, role: str, site: str
) -> None:
    def check(route: Route) -> str | None:
        client = caller(world, role, enforce_csrf_checks=True)
        client.cookies["clew_csrf"] = token = "a" * 32
        before = _changes()
        for method in ("post", "put", "patch", "delete"):
            headers = {"sec-fetch-site": site, "x-csrftoken": token}
            answer = getattr(client, method)(world.path(route), headers=headers)
            is_document = is_api(route) and ANYBODY in TABLE[route.name]  # the same to everybody
            if answer.status_code not in refusals(route) and not is_document:
                return f"{method} accepted: {answer.status_code}"
        return "it wrote to the database" if _changes() != before else None

    walk(check)


def test_looking_changes_nothing(world: World) -> None:
    clients = [caller(world, role) for role in CALLERS]

    def check(route: Route) -> str | None:
        for client in clients:
            before = _changes()
            client.get(world.path(route))
            client.head(world.path(route))
            if _changes() != before:
                return "GET wrote to the database"
        return None

    walk(check)


def refusals(route: Route) -> set[int]:
    """How a route says no. Where strangers answer, a ticket or a link takes the cookie's place: see its tests."""
    if route.name.startswith("capture:") or route.name in LINKS:
        return {404, 405, 422}
    return {401, 403, 405} if is_api(route) else {403}


def is_api(route: Route) -> bool:
    """Routes for programs: a token opens them, a session does not."""
    return route.name.startswith("api:")


def _changes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_xact_user_tables"
            " where relname <> 'django_session'"
        )
        return int(cursor.fetchone()[0] or 0)


@pytest.mark.parametrize("role", CALLERS)
def test_every_answer_carries_the_strict_headers(world: World, role: str) -> None:
    def check(route: Route) -> str | None:
        client = caller(world, role)
        for path in (world.path(route), world.path(route) + "/nothing"):
            for answer in (client.get(path), client.post(path)):
                if fault := lax(answer.headers):
                    return f"{answer.status_code}: {fault}"
        return None

    walk(check)


@override_settings(IS_HTTPS=True)
def test_over_https_every_answer_asks_for_https(client: Client) -> None:
    for path in ("/sign-in", "/me", "/nothing"):
        assert "max-age=31536000" in client.get(path)["Strict-Transport-Security"]


def lax(headers: Any) -> str:
    """What is missing in the headers of an answer; nothing if they are strict."""
    policy = headers.get("Content-Security-Policy", "")
    if "unsafe" in policy or "default-src 'none'" not in policy:
        return f"policy {policy}"
    wanted = {
        "Content-Security-Policy": "frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=()",
    }
    return ", ".join(name for name, value in wanted.items() if value not in headers.get(name, ""))


def test_pages_hold_nothing_that_the_policy_forbids(world: World) -> None:
    forbidden = re.compile(
        r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(src|nonce)=)|https?://(?!127)"
    )

    def check(route: Route) -> str | None:
        answer = caller(world, "administrator").get(world.path(route))
        if "text/html" not in answer.get("Content-Type", ""):
            return None
        hit = forbidden.search(answer.content.decode())
        return hit.group() if hit else None

    walk(check)
