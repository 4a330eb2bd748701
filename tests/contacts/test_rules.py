import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.contacts.rules import interest, mask


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("phone", "+8613812345678", "138****5678"),
        ("phone", "+861062345678,801", "106****5678"),
        ("email", "zhou@ruida.example", "z****@ruida.example"),
        ("wechat", "zhoujianguojg", "zhou****jg"),
        ("wechat", "ab", "a****"),
    ],
)
def test_masks_hide_the_middle(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


def test_the_interest_names_what_is_wanted_but_no_number() -> None:
    line = interest("要 400W 伺服电机\n电话 138-1234-5678，邮箱 a@b.cn，座机 0512-6234567")
    assert line == "要 400W 伺服电机 电话 ****，邮箱 ****，座机 ****"
    assert interest("7104080 型号 6205-2RS 要 100 件") == "7104080 型号 6205-2RS 要 100 件"


@given(st.text(max_size=80))
def test_any_text_is_taken_without_an_error(text: str) -> None:
    assert len(interest(text)) <= 200
