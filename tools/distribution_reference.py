"""Write docs/reference/distribution.md from the code: conditions, methods, who is left out, what is said of rules.

python -m tools.distribution_reference
"""

import os
from collections.abc import Iterator
from pathlib import Path

import django

from clew.handoff import routing
from clew.handoff.rules import EXCLUSIONS
from tools.grading_reference import both

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "reference" / "distribution.md"
HEAD = """# Distribution: conditions and methods · 分配：条件与分法

This page is written by `python -m tools.distribution_reference` from `src/clew/handoff/` and the pages’ words; a test fails where it is out of date.
本页由程序按代码生成，过期时测试会失败。

Rules are asked from top to bottom, and the first that fits decides which team a lead goes to; a lead that none fits goes to the team of its
side. Every condition that is filled must hold, and of several values in one any will do. Inside the team the method of its grade decides.
How to use them: [Change who gets what](../howto/change-who-gets-what.md).
规则从上到下问，第一条符合的决定线索去哪个组；都不符合的按线上线下分。填了的条件都要符合，一个条件里的几个值符合一个就算。组里按该等级的分法给人。
"""
IN_FILE = {
    "levels": "grades"
}  # what a condition is called in `clew config export`, where it differs
HOURS = "Time of day | 时间段"
CUSTOM = "Fields of your own | 自定义字段"
LOOKS_AT = {
    "levels": ("the grade", "等级"),
    "sources": ("the key of the source", "来源的代号"),
    "kinds": ("the kind of the source", "来源类型"),
    "regions": (
        "the GB/T 2260 code; a place means all inside it",
        "GB/T 2260 代码，包括里面所有地方",
    ),
    "categories": (
        "the product group, whole, whatever the case",
        "产品类别，要完全一致，不分大小写",
    ),
    "words": (
        "product group and message, anywhere, whatever the case",
        "产品类别和留言里出现，不分大小写",
    ),
    "languages": ("the letters of the message", "留言用的文字"),
    "weekdays": (
        "the local day on which it is given out, 1 is Monday",
        "分配那天是星期几，1 是星期一",
    ),
    "hours": (
        "the local hour, from the first up to the second, also over midnight",
        "几点，从第一个到第二个之前，可以跨夜",
    ),
    "is_online": ("the side of the source", "来源是线上还是线下"),
    "is_introduced": ("whether somebody introduced them", "有没有介绍人"),
    "has_company": ("whether a company is given", "有没有写公司"),
    "custom": (
        "fields of your own: texts by what they say, choices by key, figures and days by bounds",
        "自定义字段：文本看内容，选项看键，数字和日期看上下限",
    ),
}
METHODS = {
    "turn": (
        "whoever can take it and is owed most; every lead credits each by weight, who gets it pays for the whole",
        "能接的人里欠得最多的；每条线索按权重给每人记账，分到的人付全额",
    ),
    "idle": (
        "whoever can take it and has waited longest in own working time since the last lead by turn or coming back; weights make no difference, 0 still means none",
        "能接的人里等得最久的，只算本人上班时间，从上一条轮到的线索、加入或回来时算起；权重不起作用，0 仍表示不分",
    ),
    "pool": ("whoever of the team claims it first", "组里谁先领就是谁的"),
}


def main() -> None:
    """Write the document."""
    DOCUMENT.write_text(text(), "utf-8")


def text() -> str:
    """Give the document as the code has it."""
    return "\n".join([HEAD, *_conditions(), *_methods(), *_left_out(), *_findings()])


def _conditions() -> Iterator[str]:
    from clew.web.configuration.shapes import LEVELS  # noqa: PLC0415  these need Django set up
    from clew.web.office.distribution import forms, wording  # noqa: PLC0415

    labels = {name: field.label for name, field in forms.RuleForm.base_fields.items()}
    in_words = {name: both(label) for name, label in labels.items()}
    in_words |= {"hours": HOURS, "custom": CUSTOM}
    grades = {level: grade for grade, level in LEVELS.items()}
    yield "## Conditions · 条件\n"
    yield "| condition | in a file | in words | 中文 | looks at | 看什么 | values 取值 |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    chosen = {
        "levels": [(f"{level}, {grades[level]}", words) for level, words in wording.LEVELS],
        "kinds": wording.KINDS,
        "languages": wording.LANGUAGES,
        "weekdays": wording.WEEKDAYS,
    }
    for name in wording.CONDITIONS:
        told = (f"`{value}` {_pair(words)}" for value, words in chosen.get(name, ()))
        values = ", ".join(told) or ("yes, no 是、否" if name in routing.FLAGS else "")
        file = IN_FILE.get(name, name)
        looks = " | ".join(LOOKS_AT[name])
        yield f"| `{name}` | `{file}` | {in_words[name]} | {looks} | {values} |"
    yield (
        f"\nAt most {routing.MOST_RULES} rules; a rule names a team and up to "
        f"{routing.MOST_TEAMS - 1} that come in where nobody there can take the lead.\n"
    )


def _pair(words: object) -> str:
    return both(words).replace(" | ", " ")


def _methods() -> Iterator[str]:
    from clew.web.office.forms import WAYS  # noqa: PLC0415

    yield "## Methods · 分法\n"
    yield "For each team and grade; equals are settled by a hash of lead and seat. 每个组按等级设定；相同时按线索和席位的哈希决定。\n"
    yield "| method | in words | 中文 | who gets it | 给谁 |"
    yield "| --- | --- | --- | --- | --- |"
    for way, words in WAYS:
        yield f"| `{way}` | {both(words)} | {' | '.join(METHODS[str(way)])} |"
    yield ""


def _left_out() -> Iterator[str]:
    from clew.pipeline.wording import EXCLUDED, REASONS  # noqa: PLC0415

    yield "## Who is left out, asked in this order · 谁接不了，按此顺序问\n"
    yield "| reason | in words | 中文 | said of a lead that nobody could take | 都接不了时的说法 |"
    yield "| --- | --- | --- | --- | --- |"
    for reason, pooled in EXCLUSIONS.items():
        yield f"| `{reason}` | {both(EXCLUDED[reason])} | {both(REASONS[pooled])} |"
    yield ""


def _findings() -> Iterator[str]:
    from clew.web.office.distribution.wording import FINDINGS  # noqa: PLC0415

    yield "## What is said of rules · 对规则的提示\n"
    yield "| code | what is said | 中文 |"
    yield "| --- | --- | --- |"
    for code, words in FINDINGS.items():
        yield f"| `{code}` | {both(words)} |".replace("{names}", "…")
    yield ""


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
    django.setup()
    main()
