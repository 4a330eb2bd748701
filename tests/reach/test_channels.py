"""What each robot is told, by the vendors' published formats; and that a stand-in written apart from it agrees."""

import json
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from clew.reach.channels import dingtalk, feishu, speech, wecom
from clew.reach.channels.speech import Card, Line, Meaning
from clew.reach.vendors import SPEECH
from clew_peers import robots

NOW = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)  # 1700000000
ONE = Card(
    "标题",
    (Line("林悦: 高意向新线索", "锐达 · 苏州", "https://clew.example/leads/1"),),
    "",
    "打开线索",
)
TWO = Card(
    "2 条提醒",
    (ONE.lines[0], Line("高磊: 超时", "", "https://clew.example/leads/2")),
    "还有 3 条",
    "打开线索",
)
ADDRESSES = {
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=t",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/h",
}


def test_dingtalk_signs_as_published() -> None:
    signed = dingtalk.signature("SECtest", 1700000000000)
    assert signed == "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g%3D"
    assert unquote(signed) == robots.dingtalk_signature("SECtest", "1700000000000")


def test_feishu_signs_as_published() -> None:
    signed = feishu.signature("test_secret", 1700000000)
    assert signed == "gg67k4NhGu87ukJvWeSIgT+qsHbI+eWjbPP+KE/Nq6M="
    assert signed == robots.feishu_signature("test_secret", "1700000000")


def test_the_two_signatures_are_not_the_same_with_key_and_message_swapped() -> None:
    assert unquote(dingtalk.signature("s", 1)) != feishu.signature("s", 1)


def test_dingtalk_is_signed_in_the_address_and_feishu_in_the_body() -> None:
    asked = dingtalk.request(ADDRESSES["dingtalk"], "SECtest", ONE, NOW)
    assert asked.url == (
        "https://oapi.dingtalk.com/robot/send?access_token=t&timestamp=1700000000000"
        "&sign=aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g%3D"
    )
    told = json.loads(feishu.request(ADDRESSES["feishu"], "test_secret", ONE, NOW).body)
    assert (told["timestamp"], told["sign"]) == (
        "1700000000",
        "gg67k4NhGu87ukJvWeSIgT+qsHbI+eWjbPP+KE/Nq6M=",
    )


def test_one_notice_is_a_card_that_opens_the_lead() -> None:
    asked = wecom.request(ADDRESSES["wecom"], "", ONE, NOW)
    card = json.loads(asked.body)
    assert asked.url == ADDRESSES["wecom"]
    assert card["msgtype"] == "template_card"
    assert card["template_card"]["card_action"] == {
        "type": 1,
        "url": "https://clew.example/leads/1",
    }
    told = json.loads(dingtalk.request(ADDRESSES["dingtalk"], "s", ONE, NOW).body)
    assert told["actionCard"]["singleURL"] == "https://clew.example/leads/1"
    shown = json.loads(feishu.request(ADDRESSES["feishu"], "s", ONE, NOW).body)["card"]
    assert shown["elements"][1]["actions"][0]["url"] == "https://clew.example/leads/1"


@pytest.mark.parametrize("vendor", sorted(SPEECH))
def test_several_are_one_message_with_a_link_to_each(vendor: str) -> None:
    told = SPEECH[vendor].request(ADDRESSES[vendor], "s", TWO, NOW).body.decode()
    for words in ("2 条提醒", "还有 3 条", "/leads/1", "/leads/2", "高磊"):
        assert words in told


@pytest.mark.parametrize("vendor", sorted(SPEECH))
def test_an_address_of_another_messenger_does_not_fit(vendor: str) -> None:
    assert [name for name, url in ADDRESSES.items() if SPEECH[vendor].fits(url)] == [vendor]
    assert not SPEECH[vendor].fits(ADDRESSES[vendor][:-1])


@pytest.mark.parametrize(
    ("vendor", "status", "answer", "meaning"),
    [
        ("wecom", 200, b'{"errcode":0,"errmsg":"ok"}', Meaning.SENT),
        ("dingtalk", 200, b'{"errcode":0}', Meaning.SENT),
        ("feishu", 200, b'{"code":0,"msg":"success"}', Meaning.SENT),
        ("feishu", 200, b'{"StatusCode":0,"StatusMessage":"success"}', Meaning.SENT),
        ("wecom", 200, b'{"errcode":93000}', Meaning.BROKEN),
        ("wecom", 200, b'{"errcode":45009}', Meaning.BUSY),
        ("dingtalk", 200, b'{"errcode":130101}', Meaning.BUSY),
        ("dingtalk", 200, b'{"errcode":310000}', Meaning.BROKEN),
        ("feishu", 200, b'{"code":19021}', Meaning.BROKEN),
        ("feishu", 200, b'{"code":11232}', Meaning.BUSY),
        ("feishu", 200, b'{"code":230025}', Meaning.REFUSED),
        ("wecom", 200, b"<html>", Meaning.BROKEN),
        ("wecom", 200, b"[]", Meaning.BROKEN),
        ("wecom", 200, b'{"errcode":"0"}', Meaning.BROKEN),
        ("wecom", 200, b"", Meaning.BROKEN),
        ("wecom", 302, b"", Meaning.BROKEN),
        ("wecom", 429, b"", Meaning.BUSY),
        ("wecom", 500, b'{"errcode":0}', Meaning.BROKEN),
    ],
)
def test_answers_are_read_as_the_vendor_means_them(
    vendor: str, status: int, answer: bytes, meaning: Meaning
) -> None:
    assert speech.judge(SPEECH[vendor].CODES, status, answer).meaning == meaning


@pytest.mark.parametrize(
    ("after", "rest"), [("30", 30), ("", 60), ("x", 60), ("0", 1), ("99999", 60)]
)
def test_too_many_says_how_long_to_rest(after: str, rest: int) -> None:
    assert speech.judge(wecom.CODES, 429, b"", after).rest == rest
