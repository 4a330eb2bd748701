"""Write docs/reference/grading.md from the code: facts, comparisons, limits, the rules that come with Clew.

python -m tools.grading_reference
"""

import os
from collections.abc import Iterator
from pathlib import Path

import django
import msgspec
from django.utils.translation import override

from clew.grading import checks, seed
from clew.grading.fields import OPERATORS_OF_FIELD
from clew.grading.rules import CHOICES, KINDS, LEAST, OPERATORS_OF, Rule
from clew.grading.wording import (
    CHOICE_LABELS,
    FACT_LABELS,
    FINDINGS,
    OPERATOR_LABELS,
    conditions_in_words,
)

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "reference" / "grading.md"
HEAD = """# Grading rules: facts and conditions · 评级规则：事实与条件

This page is written by `python -m tools.grading_reference` from `src/clew/grading/`; a test fails where it is out of date.
本页由程序按代码生成，过期时测试会失败。

A rule gives points to every lead that meets all of its conditions. The sum of the points is compared with two thresholds: high from the
first, medium from the second, low below. Rules are written on the page “Grading rules”, tried on past leads there, and published as a
version; every grade keeps the version and the facts that it was given on, so that it can be recomputed.
规则给同时满足全部条件的线索加分或减分，总分和两个门槛比较：到第一个为高意向，到第二个为中意向，其余为低意向。规则在“评级规则”页上编写、用以往线索试算、
按版本发布；每次评级都保留当时的版本和事实，可以重算。
"""
TYPES = {
    "number": "number 数字",
    "yes_no": "yes or no 是否",
    "choice": "choice 选项",
    "figure": "your own number or money 自定义的数字、金额",
    "day": "your own date 自定义的日期",
    "words": "your own text 自定义的文本",
}


def main() -> None:
    """Write the document."""
    DOCUMENT.write_text(text(), "utf-8")


def text() -> str:
    """Give the document as the code has it."""
    return "\n".join([HEAD, *_facts(), *_operators(), *_limits(), *_rules(), ""])


def both(label: object) -> str:
    """Give words in both languages, as two cells of a table."""
    with override("en"):
        english = str(label)
    with override("zh-hans"):
        return f"{english} | {label}"


def _facts() -> Iterator[str]:
    yield "## Facts · 事实\n"
    yield "| fact | in words | 中文 | type 类型 | values 取值 |"
    yield "| --- | --- | --- | --- | --- |"
    for fact in KINDS:
        if fact in CHOICES:
            named = (both(CHOICE_LABELS[c]).replace(" | ", " ") for c in CHOICES[fact])
            values = ", ".join(named)
        else:
            values = "yes, no 是、否" if KINDS[fact] == "yes_no" else f"from {LEAST.get(fact, 0)}"
        yield f"| `{fact}` | {both(FACT_LABELS[fact])} | {TYPES[KINDS[fact]]} | {values} |"
    yield f"\n{len(KINDS)} facts are known. Besides them every field of your own is a fact, stored as `custom.` and its key.\n"
    yield "此外，每个自定义字段也是一个事实，存为 `custom.` 加字段的键。\n"


def _operators() -> Iterator[str]:
    yield "## Comparisons · 比较方式\n"
    yield "| type 类型 | stored as | in words | 中文 |"
    yield "| --- | --- | --- | --- |"
    for kind, operators in OPERATORS_OF.items():
        for operator in operators:
            yield f"| {TYPES[kind]} | `{operator}` | {both(OPERATOR_LABELS[operator])} |"
    for own, fitting in OPERATORS_OF_FIELD.items():
        mark = "your own choice 自定义的选项" if own == "choice" else TYPES[own]
        for operator in fitting:
            yield f"| {mark} | `{operator}` | {both(OPERATOR_LABELS[operator])} |"
    yield "\nA field that holds nothing meets only “is filled in, no”. 字段为空的线索只符合“已填写，否”。\n"


def _limits() -> Iterator[str]:
    yield "## Limits and what is said about rules · 限制与提示\n"
    bounds = (
        f"At most {checks.MOST_RULES} rules with {checks.MOST_CONDITIONS} conditions each,",
        f"points from −{checks.MOST_POINTS} to {checks.MOST_POINTS},",
        f"figures up to {checks.MOST_FIGURE:,}, {checks.MOST_WORDS} characters in words.",
        f"A trial looks at the newest {checks.MOST_LEADS:,} leads.\n",
    )
    yield " ".join(bounds)
    yield from _findings()


def _findings() -> Iterator[str]:
    yield "Rules with an error are kept in the draft, but neither tried nor published.\n"
    yield "| weight | what is said | 中文 |"
    yield "| --- | --- | --- |"
    for code, weight in checks.WEIGHTS.items():
        yield f"| {weight} | {both(FINDINGS[code])} |".replace("%(fact)s", "…")
    yield ""


def _rules() -> Iterator[str]:
    yield "## The rules that come with Clew · 自带规则\n"
    yield f"High from {seed.HIGH_FROM}, medium from {seed.MEDIUM_FROM}.\n"
    yield "| points 分值 | in words | 中文 | holds for |"
    yield "| --- | --- | --- | --- |"
    for rule in msgspec.convert(seed.RULES, list[Rule]):
        with override("en"):
            conditions = conditions_in_words(rule.when, {})
        words = f"{rule.words['en']} | {rule.words['zh-hans']}"
        yield f"| {rule.points} | {words} | {conditions} |"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
    django.setup()
    main()
