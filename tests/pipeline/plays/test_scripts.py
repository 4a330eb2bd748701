"""What to say to strangers: the stage's words before those for any, written by managers, never written over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from clew.access.models import Member, Role
from clew.base.ids import uuid7
from clew.base.outbox import follow
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import log_call
from clew.pipeline.models import Call
from clew.pipeline.moves.actions.leads import move
from clew.pipeline.moves.models import Exit, Stage
from clew.pipeline.plays.actions.scripts import Words, ensure, retire, rewrite, write
from clew.pipeline.plays.default_scripts import SCRIPTS
from clew.pipeline.plays.errors import (
    ScriptChanged,
    ScriptEmpty,
    ScriptMissing,
    ScriptTaken,
    ScriptTooLong,
)
from clew.pipeline.plays.models import Script
from clew.pipeline.plays.speaking import prompt, shelves
from clew.web.flow import FACTS
from tests.pipeline.desk import NOON, Desk, call, desk

pytestmark = pytest.mark.django_db
WORDS = Words("先问型号", "Ask for the model first", "不要报价", "No price yet")


@pytest.fixture
def at() -> Desk:
    return desk()


def stage(key: str, side: str = "online") -> Stage:
    return Stage.objects.get(pipeline__side=side, key=key)


def thinking(stage_key: str = "") -> Script:
    return Script.objects.get(
        said="thinking", retired_at=None, stage=stage(stage_key) if stage_key else None
    )


def test_everybody_starts_with_the_default_scripts_once(at: Desk) -> None:
    assert Script.objects.count() == len(SCRIPTS)
    retire(thinking().pk, member=at.company.manager, now=NOON)
    ensure(NOON)
    assert Script.objects.count() == len(SCRIPTS)


def test_what_fits_the_stage_comes_before_what_is_for_any(at: Desk) -> None:
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    with override("zh-hans"):
        answers = {told.said: told for told in prompt(at.lead_id).answers}
    assert answers["thinking"].stage == "报价"
    assert "样机" in answers["thinking"].lines[-1]
    assert answers["price"].stage == ""
    assert set(answers) == {"thinking", "price", "quote", "bought", "wrong_person"}


def test_the_general_opening_is_for_people_who_never_answered(at: Desk) -> None:
    opening = prompt(at.lead_id).opening
    assert opening
    assert opening.avoid
    log_call(at.lead_id, call(Call.Result.ANSWERED), member=at.holder, now=NOON)
    assert prompt(at.lead_id).opening is None


def test_a_stage_may_have_an_opening_of_its_own(at: Desk) -> None:
    write(WORDS, stage_id=stage("offer").pk, said="", member=at.company.manager, now=NOON)
    log_call(at.lead_id, call(Call.Result.ANSWERED), member=at.holder, now=NOON)
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    opening = prompt(at.lead_id).opening
    assert opening
    assert opening.lines in (["先问型号"], ["Ask for the model first"])


def test_who_reads_the_other_language_sees_what_there_is(at: Desk) -> None:
    rewrite(thinking().pk, Words(lines_zh="别急"), member=at.company.manager, now=NOON)
    with override("en"):
        told = next(t for t in prompt(at.lead_id).answers if t.said == "thinking")
    assert told.lines == ["别急"]
    assert told.avoid == ""


def test_another_wording_takes_the_place_and_the_old_one_stays(at: Desk) -> None:
    before = thinking()
    after = rewrite(before.pk, WORDS, member=at.company.manager, now=NOON)
    before.refresh_from_db()
    assert (after.replaces, after.lines_zh, after.writer) == (
        before,
        "先问型号",
        at.company.manager,
    )
    assert before.retired_at == NOON
    assert before.lines_zh.startswith("“应该的")
    assert rewrite(after.pk, WORDS, member=at.company.manager, now=NOON) == after


def test_of_two_who_change_a_script_the_second_is_told(at: Desk) -> None:
    seen = thinking().pk
    rewrite(seen, WORDS, member=at.company.manager, now=NOON)
    with pytest.raises(ScriptChanged):
        rewrite(seen, Words("我的"), member=at.company.administrator, now=NOON)
    with pytest.raises(ScriptChanged):
        retire(seen, member=at.company.administrator, now=NOON)


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (Words(" \n ", "\n", "never"), ScriptEmpty),
        (Words("字" * 161), ScriptTooLong),
        (Words("一\n" * 9), ScriptTooLong),
        (Words("一", avoid_zh="不" * 201), ScriptTooLong),
    ],
)
def test_a_script_can_be_read_during_a_call(
    at: Desk, words: Words, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        rewrite(thinking().pk, words, member=at.company.manager, now=NOON)
    assert thinking().retired_at is None


def test_there_is_one_script_for_a_thing_said_at_a_stage(at: Desk) -> None:
    with pytest.raises(ScriptTaken):
        write(WORDS, stage_id=None, said="thinking", member=at.company.manager, now=NOON)
    with pytest.raises(IntegrityError, match="script_one_in_use"), transaction.atomic():
        Script.objects.create(said="thinking", lines_zh="一", written_at=NOON)


def test_no_script_is_written_for_a_stage_that_is_retired(at: Desk) -> None:
    Stage.objects.filter(key="offer").update(retired_at=NOON, into=stage("comparison"))
    with pytest.raises(ScriptMissing):
        write(WORDS, stage_id=stage("offer").pk, said="price", member=at.company.manager, now=NOON)
    retired = [shelf for shelf in shelves() if shelf.stage and shelf.stage.retired_at]
    assert [shelf.stage.key for shelf in retired if shelf.stage] == ["offer"]


def page(who: Member) -> Client:
    client = Client()
    client.force_login(who)
    return client


def test_the_call_sheet_shows_how_to_begin_and_what_never_to_do(at: Desk) -> None:
    shown = page(at.holder).get(reverse("pipeline:call", args=[at.lead_id])).content.decode()
    assert "c-opening" in shown
    assert "c-script-thinking" in shown
    assert "c-script-wrong_person" in shown
    assert "不要当场降价" in shown


def test_managers_write_and_everybody_reads(at: Desk) -> None:
    manager, salesperson = page(at.company.manager), page(at.holder)
    read = salesperson.get(reverse("plays:scripts")).content.decode()
    assert "没关系，按您的节奏来。" in read
    assert reverse("plays:new_script") not in read
    sent = {"lines_zh": "先问型号", "lines_en": "", "avoid_zh": "", "avoid_en": ""}
    changed = manager.post(reverse("plays:script", args=[thinking().pk]), sent)
    assert changed.status_code == 302
    assert thinking().lines_zh == "先问型号"
    added = manager.post(
        reverse("plays:new_script"), sent | {"stage": str(stage("meeting").pk), "said": "price"}
    )
    assert added.status_code == 302
    refused = manager.post(reverse("plays:new_script"), sent | {"stage": "", "said": "price"})
    assert refused.status_code == 422
    assert "这里已经有一段了" in refused.content.decode()
    assert "先问型号" in refused.content.decode()


def test_an_old_page_of_a_script_says_that_it_was_changed(at: Desk) -> None:
    manager, seen = page(at.company.manager), thinking().pk
    rewrite(seen, WORDS, member=at.company.administrator, now=NOON)
    answer = manager.post(reverse("plays:script", args=[seen]), {"lines_zh": "我写的"})
    assert answer.status_code == 422
    assert "别人刚改过" in answer.content.decode()
    assert "我写的" in answer.content.decode()
    assert manager.get(reverse("plays:script", args=[seen])).status_code == 404


def test_who_blocked_us_is_left_alone_and_counted(at: Desk) -> None:
    sent = call(Call.Result.BLOCKED, next_at=NOON + timedelta(days=1))
    log_call(at.lead_id, sent, member=at.holder, now=NOON)
    while follow(FACTS, NOON):
        pass
    placement = Placement.objects.get(lead=at.lead_id, closed_at=None)
    assert (placement.kind, placement.reason) == ("closed", "blocked")
    assert Exit.objects.get(lead=at.lead_id).end == "blocked"


def test_the_page_says_that_a_blocked_lead_is_closed(at: Desk) -> None:
    sent = {"call_id": str(uuid7()), "result": "blocked", "go": "stay"}
    sheet = reverse("pipeline:call", args=[at.lead_id])
    answer = page(at.holder).post(sheet, sent, follow=True)
    assert "拉黑" in answer.content.decode()
    boss = Member.objects.get(role=Role.ADMINISTRATOR)
    listed = page(boss).get(reverse("pipeline:leads") + "?end=blocked").content.decode()
    assert "周建国" in listed
