import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.grading import seed
from clew.grading.rules import Condition, Facts, Rule, compile_rules, grade, join, observe

RULES = compile_rules(msgspec.convert(seed.RULES, list[Rule]))

facts = st.builds(
    Facts,
    submission_count=st.integers(1, 50),
    source_kind=st.sampled_from(["own", "bought", "earned"]),
    is_online=st.booleans(),
    is_introduced=st.booleans(),
    has_phone=st.booleans(),
    has_company=st.booleans(),
    is_maker=st.booleans(),
    is_dealer=st.booleans(),
    quantity=st.integers(0, 10_000),
    asks_price=st.booleans(),
    is_urgent=st.booleans(),
    is_trial=st.booleans(),
    message_length=st.integers(0, 5000),
)


@given(facts)
def test_signals_add_up_to_the_points(seen: Facts) -> None:
    verdict = grade(seen, RULES, seed.HIGH_FROM, seed.MEDIUM_FROM)
    assert sum(points for _, points in verdict.signals) == verdict.points
    assert (verdict.level == 3) == (verdict.points >= seed.HIGH_FROM)
    assert (verdict.level == 1) == (verdict.points < seed.MEDIUM_FROM)


@given(facts, facts)
def test_joined_facts_never_lose_what_was_known(earlier: Facts, latest: Facts) -> None:
    known = {name: getattr(earlier, name) for name in Facts.__dataclass_fields__}
    both = join(known, latest)
    assert both.quantity == max(earlier.quantity, latest.quantity)
    assert both.has_company == (earlier.has_company or latest.has_company)


def test_a_condition_about_no_known_fact_is_refused() -> None:
    with pytest.raises(ValueError, match="shoe_size"):
        compile_rules([Rule("x", 1, {}, [Condition("shoe_size", ">=", 40)])])


def observed(message: str, company: str = "") -> Facts:
    return observe(
        message=message,
        company=company,
        submission_count=1,
        source_kind="own",
        is_online=True,
        is_introduced=False,
        has_phone=True,
    )


def test_facts_are_read_from_what_was_written() -> None:
    seen = observed("急！20台 750W 伺服，报价", "昆山锐达自动化")
    assert (seen.quantity, seen.asks_price, seen.is_urgent, seen.is_maker) == (20, True, True, True)
    assert observed("测试").is_trial
    assert not observed("测试台用的电机要 3 台").is_trial
