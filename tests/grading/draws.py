"""Rules and facts that tests draw: every fact, every way of comparing it, values near each other."""

from typing import Any

from hypothesis import strategies as st

from clew.grading.rules import CHOICES, KINDS, OPERATORS_OF, Condition, Facts, Rule

FACTS = st.builds(
    Facts,
    submission_count=st.integers(1, 6),
    source_kind=st.sampled_from(CHOICES["source_kind"]),
    is_online=st.booleans(),
    is_introduced=st.booleans(),
    has_phone=st.booleans(),
    has_company=st.booleans(),
    is_maker=st.booleans(),
    is_dealer=st.booleans(),
    quantity=st.integers(0, 6),
    asks_price=st.booleans(),
    is_urgent=st.booleans(),
    is_trial=st.booleans(),
    message_length=st.integers(0, 6),
)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """A condition that fits its fact."""
    fact = draw(st.sampled_from(sorted(KINDS)))
    op = draw(st.sampled_from(OPERATORS_OF[KINDS[fact]]))
    if KINDS[fact] == "yes_no":
        value: Any = draw(st.booleans())
    elif KINDS[fact] == "number":
        value = draw(st.integers(0, 5))
    else:
        known = st.sampled_from(CHOICES[fact])
        value = draw(st.lists(known, min_size=1, unique=True) if op == "in" else known)
    return Condition(fact, op, value)


@st.composite
def rule_lists(draw: st.DrawFn) -> list[Rule]:
    """Some sound rules, each with a key of its own."""
    count = draw(st.integers(1, 5))
    return [
        Rule(
            f"r{number}",
            draw(st.integers(-100, 100)),
            {"zh-hans": f"规则{number}", "en": f"Rule {number}"},
            draw(st.lists(conditions(), max_size=3)),
        )
        for number in range(count)
    ]
