"""What a pasted text says."""

import string
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.capture.rules import Draft, encode, holds_nul, is_deep, parse_paste

EXAMPLES = {
    "张三 13812345678 要 3 台 400W 伺服电机，苏州": Draft(
        "张三", "13812345678", region="苏州", message="要 3 台 400W 伺服电机", quantity=3
    ),
    "李经理，１３８－１２３４－５６７８，苏州恒达自动化有限公司，询 750W 伺服 20 套": Draft(
        "李经理",
        "13812345678",
        company="苏州恒达自动化有限公司",
        region="苏州",
        message="询 750W 伺服 20 套",
        quantity=20,
    ),
    "王女士 +86 139 1234 5678 微信同号 要变频器": Draft(
        "王女士", "+8613912345678", "+8613912345678", message="要变频器"
    ),
    "姓名：赵敏\n电话：13512345678\n公司：启衡工控\n地址：江苏省苏州市吴中区东吴北路88号\n需求：要两台PLC": Draft(
        "赵敏",
        "13512345678",
        company="启衡工控",
        region="江苏省苏州市吴中区东吴北路88号",
        message="需求：要两台PLC",
        quantity=2,
    ),
    "微信：servo_2026 想了解停产型号替换": Draft(wechat="servo_2026", message="想了解停产型号替换"),
    "手机13812345678微信zhang_san88": Draft(phone="13812345678", wechat="zhang_san88"),
    "vx abc12345，东莞，3KW变频器5台": Draft(
        wechat="abc12345", region="东莞", message="3KW变频器5台", quantity=5
    ),
    "我是恒达自动化，0512-65551234 要货": Draft(
        phone="051265551234", company="恒达自动化", message="要货"
    ),
    "苏州恒达科技 张工 13812345678：伺服 V90 三台": Draft(
        "张工",
        "13812345678",
        company="苏州恒达科技",
        region="苏州",
        message="伺服 V90 三台",
        quantity=3,
    ),
    "John Smith, Acme Robotics Co., Ltd, john@acme.com, need 5 pcs 400W servo": Draft(
        "John Smith",
        email="john@acme.com",
        company="Acme Robotics Co., Ltd",
        message="need 5 pcs 400W servo",
        quantity=5,
    ),
    "I need 400W servo, call +1 (415) 555-0132": Draft(
        phone="+14155550132", message="I need 400W servo, call"
    ),
    "高速电机 13812345678": Draft(phone="13812345678", message="高速电机"),
    "身份证 320501199001011234 不是电话": Draft(message="身份证 320501199001011234 不是电话"),
    "13812345678 或者 13987654321": Draft(phone="13812345678", message="或者 13987654321"),
    "a@b.com c@vabcdefg.com": Draft(email="a@b.com", message="c@vabcdefg.com"),
    "": Draft(),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_pasted_text_becomes_a_draft(text: str) -> None:
    assert parse_paste(text) == EXAMPLES[text]


@given(st.text(max_size=300))
def test_any_text_at_all_can_be_pasted(text: str) -> None:
    assert isinstance(parse_paste(text), Draft)


PLAIN = "".join(
    sorted(set(string.ascii_letters) - set("vVwWxX"))
)  # v, wx and vx announce a WeChat id
PIECES = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"[a-z]{2,8}@[a-z]{2,8}\.(com|cn)", fullmatch=True),
    st.sampled_from(
        ["张三", "李经理", "苏州", "苏州恒达有限公司", "Acme Ltd", "V90", "３台", "东莞市"]
    ),
    st.text(PLAIN + string.digits + "伺服电机变频器要询价（）-#", min_size=1, max_size=12),
)


@given(st.lists(st.tuples(PIECES, st.sampled_from([" ", "，", "\n", "、", "; "])), max_size=12))
def test_nothing_that_was_pasted_is_lost(pieces: list[tuple[str, str]]) -> None:
    draft = asdict(parse_paste("".join(piece + mark for piece, mark in pieces)))
    kept = "".join(str(value) for value in draft.values())
    for piece, _ in pieces:
        for part in _letters(piece):
            assert part in _letters(kept)


def _letters(text: str) -> str:
    """Letters and digits only, in their narrow form: marks that join may go."""
    narrow = text.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
    return "".join(char for char in narrow if char.isalnum())


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from("-  ."),
    st.booleans(),
    st.booleans(),
)
def test_a_number_is_found_however_it_is_written(
    number: str,
    mark: str,
    is_wide: bool,  # noqa: FBT001
    has_country: bool,  # noqa: FBT001
) -> None:
    written = mark.join((number[:3], number[3:7], number[7:]))
    written = f"+86 {written}" if has_country else written
    if is_wide:
        written = written.translate({ord(c): ord(c) + 0xFEE0 for c in string.digits})
    assert parse_paste(f"张三 {written} 要货").phone.removeprefix("+86") == number


JSON = st.recursive(
    st.none() | st.integers(0, 9) | st.text('[]{}\\"\0a', max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON, st.integers(0, 5))
def test_depth_is_told_exactly(value: Any, levels: int) -> None:
    assert is_deep(encode(value), levels) == (_depth(value) > levels)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@given(JSON)
def test_a_nul_is_found_wherever_it_is(value: Any) -> None:
    assert holds_nul(encode(value)) == _has_nul(value)


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    return any(map(_has_nul, value)) if isinstance(value, list) else "\0" in str(value)
