"""Plays are data in versions: written, started, changed while they run, promoted or stopped for a reason."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from clew.access.models import Member
from clew.handoff.errors import LeadMissing
from clew.pipeline.moves.actions.leads import Leaving, leave, move
from clew.pipeline.moves.models import Stage
from clew.pipeline.plays.actions.plays import Place, add, change, decide, ensure
from clew.pipeline.plays.actions.runs import meet, start, stop
from clew.pipeline.plays.default_plays import PLAYS
from clew.pipeline.plays.errors import (
    DecisionUnfounded,
    LiftUnreadable,
    NobodyEntersFirstStage,
    PlayChanged,
    PlayEmpty,
    PlayNameless,
    PlayPlaceUnknown,
    PlayStateUnfit,
    PlayTooLong,
    ShareOutOfRange,
    StepWordless,
    WindowOutOfRange,
    WindowTooShort,
)
from clew.pipeline.plays.measuring import measure, measured_lifts
from clew.pipeline.plays.models import Decision, Deed, Play, Run
from clew.pipeline.plays.queries import leads_of
from clew.pipeline.plays.steps import Kind, Step, examine, read
from tests.company import HOT, enquire
from tests.pipeline.desk import NOON, Desk, desk, holder
from tests.pipeline.plays.campaign import (
    DAY,
    GIVEN,
    one_played,
    play_on,
    reason,
    running,
    settle,
    stage,
)

pytestmark = pytest.mark.django_db
OTHER = (Step(Kind.TASK, 2, zh="别的", en="Something else"),)


@pytest.fixture
def at() -> Desk:
    return desk()


def page(who: Member) -> Client:
    client = Client()
    client.force_login(who)
    return client


def test_everybody_starts_with_the_default_plays_as_drafts_with_assumed_lifts(at: Desk) -> None:
    found = {play.stage.key: play for play in Play.objects.select_related("stage")}
    assert len(found) == len(PLAYS)
    assert {play.state for play in found.values()} == {"draft"}
    lifts = {key: found[key].assumed_bp for key in ("consultation", "offer", "contract")}
    assert lifts == {"consultation": 700, "offer": 200, "contract": 50}
    for play in found.values():
        examine(read(play.versions.get().steps))
    ensure(NOON)
    assert Play.objects.count() == len(PLAYS)


def test_a_play_edited_while_it_runs_starts_a_version_and_runs_keep_theirs(at: Desk) -> None:
    play = running(at)
    lead_id = one_played(at, play)
    start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    given = replace(GIVEN, steps=OTHER)
    change(play.pk, given, edition=play.edition, member=at.company.manager, now=NOON)
    assert [v.number for v in play.versions.order_by("number")] == [1, 2]
    play_on(NOON + DAY)  # by version 1: its first step, which version 2 has no more
    assert Deed.objects.get().run.version.number == 1
    other = one_played(at, play)
    assert start(other, play.pk, member=holder(other), now=NOON).version.number == 2


def test_a_draft_is_written_over(at: Desk) -> None:
    play = add(Place(stage("asked").pk, "entered"), GIVEN, member=at.company.manager, now=NOON)
    given = replace(GIVEN, steps=OTHER)
    change(play.pk, given, edition=1, member=at.company.manager, now=NOON)
    assert read(play.versions.get().steps) == list(OTHER)


def test_of_two_who_change_a_play_the_second_is_told(at: Desk) -> None:
    play = running(at)
    change(play.pk, GIVEN, edition=play.edition, member=at.company.manager, now=NOON)
    with pytest.raises(PlayChanged):
        change(play.pk, GIVEN, edition=play.edition, member=at.company.administrator, now=NOON)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"name_zh": " ", "name_en": ""}, PlayNameless),
        ({"assumed_bp": 10_001}, LiftUnreadable),
        ({"held_back_percent": 4}, ShareOutOfRange),
        ({"held_back_percent": 51}, ShareOutOfRange),
        ({"window_days": 0}, WindowOutOfRange),
        ({"window_days": 4}, WindowTooShort),
        ({"steps": ()}, PlayEmpty),
        ({"steps": (Step(Kind.WAIT, 3),)}, PlayEmpty),
        ({"steps": (Step(Kind.TASK),)}, StepWordless),
        ({"steps": (Step(Kind.TASK, 181, zh="等"),)}, PlayTooLong),
        ({"steps": (Step(Kind.TASK, zh="等"),) * 13}, PlayTooLong),
    ],
)
def test_what_cannot_be_played_is_refused(
    at: Desk, changes: dict[str, object], refused: type[Exception]
) -> None:
    given = replace(GIVEN, **changes)  # type: ignore[arg-type]
    with pytest.raises(refused):
        add(Place(stage("asked").pk, "entered"), given, member=at.company.manager, now=NOON)


def test_a_play_belongs_to_a_stage_in_use_and_a_reason_of_it(at: Desk) -> None:
    boss = at.company.manager
    silent = reason("silent", "asked").pk
    Stage.objects.filter(key="meeting").update(retired_at=NOON, into=stage("offer"))
    for place in (
        Place(stage("offer").pk, "left", silent),
        Place(stage("asked").pk, "entered", silent),
        Place(stage("meeting").pk, "left"),
        Place(0, "left"),
        Place(stage("asked").pk, "soon"),
    ):
        with pytest.raises(PlayPlaceUnknown):
            add(place, GIVEN, member=boss, now=NOON)
    itself = replace(GIVEN, starts_itself=True)
    with pytest.raises(NobodyEntersFirstStage):
        add(Place(stage("asked").pk, "entered"), itself, member=boss, now=NOON)


def test_promoting_and_stopping_need_a_reason_and_keep_what_was_measured(at: Desk) -> None:
    play, boss = running(at), at.company.manager
    for state in ("promoted", "stopped"):
        with pytest.raises(DecisionUnfounded):
            decide(play.pk, state, reason="  ", member=boss, now=NOON)
    decide(play.pk, "promoted", reason="试够了", member=boss, now=NOON)
    last = Decision.objects.filter(play=play).latest("pk")
    assert (last.reason, last.member, last.low_bp, last.high_bp) == (
        "试够了",
        boss,
        -10_000,
        10_000,
    )
    with pytest.raises(PlayStateUnfit):
        decide(play.pk, "promoted", reason="再来", member=boss, now=NOON)
    with pytest.raises(IntegrityError, match="decision_ends_for_a_reason"), transaction.atomic():
        Decision.objects.filter(pk=last.pk).update(reason="")


def test_a_promoted_play_holds_nobody_back_and_measures_nobody(at: Desk) -> None:
    play = running(at)
    decide(play.pk, "promoted", reason="有用", member=at.company.manager, now=NOON)
    lead_id = one_played(at, play, is_without=True)
    run = start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    assert (run.is_held_back, run.held_back_percent) == (False, 0)
    assert measure(play.versions.get(), NOON + 60 * DAY).tally.count == 0


def begin(at: Desk, play: Play, *, is_without: bool = False) -> UUID:
    lead_id = one_played(at, play, is_without=is_without)
    start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    return lead_id


def test_leads_count_once_their_days_are_over_and_none_before(at: Desk) -> None:
    play = running(at)
    version = play.versions.get()
    further, late, back = begin(at, play), begin(at, play), begin(at, play)
    without = begin(at, play, is_without=True)
    soon = NOON + timedelta(hours=1)
    for lead_id in (further, without):
        move(lead_id, stage("offer").pk, member=holder(lead_id), now=soon)
    move(late, stage("offer").pk, member=holder(late), now=NOON + 31 * DAY)
    assert measure(version, NOON + 30 * DAY - timedelta(seconds=1)).tally.count == 0
    assert measure(version, soon).not_yet == 4
    tally = measure(version, NOON + 32 * DAY).tally
    assert (tally.played.count, tally.played.reached) == (3, 1)
    assert (tally.held_back.count, tally.held_back.reached) == (1, 1)
    assert back


def test_going_back_is_not_getting_further(at: Desk) -> None:
    play = running(at, key="offer")
    lead_id = one_played(at, play)
    move(lead_id, stage("offer").pk, member=holder(lead_id), now=NOON - DAY)
    start(lead_id, play.pk, member=holder(lead_id), now=NOON)
    move(lead_id, stage("consultation").pk, member=holder(lead_id), now=NOON + DAY)
    tally = measure(play.versions.get(), NOON + 31 * DAY).tally
    assert (tally.played.count, tally.played.reached) == (1, 0)


def test_adherence_and_cost_are_of_steps_that_were_done(at: Desk) -> None:
    play = running(at)
    prompt, late = begin(at, play), begin(at, play)
    play_on(NOON + DAY)
    meet(prompt, 0, member=holder(prompt), now=NOON + DAY)
    meet(late, 0, member=holder(late), now=NOON + 3 * DAY)
    play_on(NOON + 4 * DAY)
    meet(prompt, 1, member=holder(prompt), now=NOON + 4 * DAY)
    found = measure(play.versions.get(), NOON + 10 * DAY).adherence
    assert (found.due, found.prompt, found.met, found.cost_minor) == (4, 2, 3, 5)


def test_a_step_counts_once_its_day_is_over_unless_the_play_ended_within_it(at: Desk) -> None:
    play = running(at)
    missed, answered = begin(at, play), begin(at, play)
    play_on(NOON + DAY)
    version, hour = play.versions.get(), timedelta(hours=1)
    assert measure(version, NOON + DAY + hour).adherence.due == 0
    stop(answered, member=holder(answered), now=NOON + DAY + hour)
    found = measure(version, NOON + 2 * DAY + hour).adherence
    assert (found.due, found.prompt, found.met) == (1, 0, 0)
    meet(missed, 0, member=holder(missed), now=NOON + 3 * DAY)
    found = measure(version, NOON + 3 * DAY + hour).adherence
    assert (found.due, found.prompt, found.met) == (1, 0, 1)


def test_a_managers_list_holds_the_teams_leads_alone(at: Desk) -> None:
    play = running(at)
    begin(at, play)
    version = play.versions.get()
    assert leads_of(at.company.manager, version.pk, "played").count == 1
    at.company.manager.memberships.update(team=at.company.offline)
    found = leads_of(at.company.manager, version.pk, "played")
    assert (found.runs, found.count, found.hidden) == ([], 0, 1)
    assert leads_of(at.company.administrator, version.pk, "played").count == 1


class TestPages:
    """Managers write and decide; salespeople start plays and do their steps."""

    def sent(self, **more: str) -> dict[str, str]:
        row = {"kind": "task", "days": "1", "zh": "打电话", "place": ""}
        step = {f"form-0-{key}": text for key, text in row.items()}
        counts = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0"}
        of_play = {"held_back_percent": "20", "window_days": "30", "assumed": "7"}
        return {**counts, **step, **of_play, "name_zh": "换渠道", **more}

    def test_a_play_is_written_started_and_shown(self, at: Desk) -> None:
        manager = page(at.company.manager)
        place = f"left:{stage('offer').pk}:{reason('price', 'offer').pk}"
        kept = manager.post(reverse("plays:new_play"), self.sent(place=place))
        assert kept.status_code == 302, kept.content.decode()
        play = Play.objects.latest("pk")
        assert (play.assumed_bp, play.reason) == (700, reason("price", "offer"))
        decided = reverse("plays:decide", args=[play.pk])
        assert manager.post(decided, {"state": "running"}).status_code == 302
        shown = manager.get(reverse("plays:play", args=[play.pk])).content.decode()
        assert "还没有线索算数" in shown
        assert "+7.0 个百分点" in shown
        assert "打电话" in shown
        assert "换渠道" in manager.get(reverse("plays:plays")).content.decode()

    def test_what_is_wrong_stays_on_the_page(self, at: Desk) -> None:
        manager = page(at.company.manager)
        place = f"entered:{stage('offer').pk}:"
        answer = manager.post(
            reverse("plays:new_play"), self.sent(place=place, window_days="1", name_zh="我的打法")
        )
        assert answer.status_code == 422
        assert "步骤比“几天后算数”还长" in answer.content.decode()
        assert "我的打法" in answer.content.decode()

    def test_steps_go_and_are_put_in_order(self, at: Desk) -> None:
        manager, play = page(at.company.manager), running(at)
        sent = self.sent(edition=str(play.edition)) | {
            "form-TOTAL_FORMS": "3",
            "form-0-place": "2",
            "form-1-kind": "",
            "form-1-zh": "没了",
            "form-2-place": "1",
            "form-2-kind": "message",
            "form-2-zh": "先发这个",
            "form-2-channel": "wechat",
            "form-2-cost": "0.05",
        }
        kept = manager.post(reverse("plays:edit_play", args=[play.pk]), sent)
        assert kept.status_code == 302, kept.content.decode()
        steps = read(play.versions.latest("number").steps)
        assert [(s.kind, s.zh, s.cost_minor) for s in steps] == [
            ("message", "先发这个", 5),
            ("task", "打电话", 0),
        ]
        again = manager.post(reverse("plays:edit_play", args=[play.pk]), sent)
        assert again.status_code == 422
        assert "别人刚改过这个打法" in again.content.decode()

    def test_a_salesperson_starts_a_play_and_does_its_step(self, at: Desk) -> None:
        play = running(at)
        lead_id = one_played(at, play)
        who = page(holder(lead_id))
        shown = who.get(reverse("pipeline:lead", args=[lead_id])).content.decode()
        assert reverse("plays:start", args=[lead_id]) in shown
        who.post(reverse("plays:start", args=[lead_id]), {"play": str(play.pk)})
        Run.objects.update(due_at=NOON)
        play_on(NOON)
        assert "再打一次" in who.get(reverse("pipeline:lead", args=[lead_id])).content.decode()
        due = who.get(reverse("plays:due")).content.decode()
        assert "再打一次" in due
        assert "再打一次" in who.get(reverse("pipeline:my_day")).content.decode()
        row = who.get(reverse("pipeline:row", args=[lead_id])).content.decode()
        assert "再打一次" in row
        done = {"step": "0", "back": "due"}
        assert who.post(reverse("plays:done", args=[lead_id]), done).status_code == 302
        assert Deed.objects.get().met_at
        who.post(reverse("plays:stop", args=[lead_id]))
        assert Run.objects.get().why == "by_hand"

    def test_leaving_offers_the_play_to_who_let_the_lead_go(self, at: Desk) -> None:
        play = running(at, Place(stage("asked").pk, "left"))
        lead_id = one_played(at, play)
        who, other = holder(lead_id), at.company.people
        sent = {"reason": str(reason("silent", "asked").pk)}
        left = page(who).post(reverse("moves:leave", args=[lead_id]), sent, follow=True)
        assert "还能追回来" in left.content.decode()
        stranger = next(person for person in other if person != who)
        assert page(stranger).get(reverse("plays:offer", args=[lead_id])).status_code == 404
        started = {"play": str(play.pk), "back": "day"}
        page(who).post(reverse("plays:start", args=[lead_id]), started)
        assert Run.objects.get().actor_id == str(who.pk)
        with pytest.raises(LeadMissing):
            start(lead_id, play.pk, member=stranger, now=NOON)

    def test_leaving_goes_on_with_the_day_where_nothing_fits(self, at: Desk) -> None:
        sent = {"reason": str(reason("silent", "asked").pk)}
        left = page(at.holder).post(reverse("moves:leave", args=[at.lead_id]), sent, follow=True)
        assert left.redirect_chain[-1][0] == reverse("pipeline:my_day")

    def test_a_number_opens_its_leads(self, at: Desk) -> None:
        play = running(at)
        begin(at, play)
        address = reverse("plays:leads", args=[play.pk]) + "?version=1&arm=played"
        assert "甲" in page(at.company.manager).get(address).content.decode()


def test_a_lead_that_left_for_another_reason_is_not_offered_it(at: Desk) -> None:
    running(at, Place(stage("asked").pk, "left", reason("only_price", "asked").pk))
    leave(at.lead_id, Leaving(reason("silent", "asked").pk), member=at.holder, now=NOON)
    settle()
    offered = page(at.holder).get(reverse("plays:offer", args=[at.lead_id]))
    assert offered.status_code == 302


def test_a_lift_beyond_doubt_is_offered_to_the_what_if(at: Desk) -> None:
    play, later = running(at), NOON + 40 * DAY
    assert measured_lifts(later) == []
    for number in range(60):
        lead_id = enquire(at.company.site, name="甲", phone=f"137{number:08}", **HOT)
        run = start(lead_id, play.pk, member=holder(lead_id), now=NOON)
        if not run.is_held_back:
            soon = NOON + timedelta(hours=1)
            move(lead_id, stage("offer").pk, member=holder(lead_id), now=soon)
    assert [(one.stage_id, one.begins, one.lift) for one in measured_lifts(later)] == [
        (play.stage_id, "entered", 1.0)
    ]
    assert measured_lifts(NOON + 29 * DAY) == []
    Run.objects.update(started_at=NOON - 400 * DAY)
    shown = page(at.company.administrator).get(reverse("office:what_if") + "?opened=")
    assert "套用实测提升" not in shown.content.decode()  # nobody got further in those days
    Run.objects.update(started_at=NOON)
    decide(play.pk, "promoted", reason="有用", member=at.company.manager, now=later)
    last = Decision.objects.latest("pk")
    assert last.low_bp > 0
    assert last.difference_bp == 10_000
