"""The rules every deployment starts with: what raised or lowered intent in practice, in words."""

from typing import Any

HIGH_FROM = 70
MEDIUM_FROM = 40


def _rule(
    key: str, points: int, zh: str, en: str, *when: tuple[str, str, object]
) -> dict[str, Any]:
    return {
        "key": key,
        "points": points,
        "words": {"zh-hans": zh, "en": en},
        "when": [{"fact": fact, "op": op, "value": value} for fact, op, value in when],
    }


RULES = [
    _rule("start", 20, "起点：主动留了联系方式", "Start: left a way to be reached"),
    _rule("introduced", 40, "熟人介绍", "Introduced by somebody", ("is_introduced", "==", True)),
    _rule("own", 10, "从自己的网站来", "Came by an own site", ("source_kind", "==", "own")),
    _rule("twice", 25, "又留言了一次", "Asked a second time", ("submission_count", "==", 2)),
    _rule("often", 35, "留言 3 次以上", "Asked three times or more", ("submission_count", ">=", 3)),
    _rule("price", 15, "问价格", "Asks for a price", ("asks_price", "==", True)),
    _rule("batch", 20, "数量够批量价（≥10）", "Quantity of 10 or more", ("quantity", ">=", 10)),
    _rule(
        "some",
        10,
        "说了要几台",
        "Says how many",
        ("quantity", ">=", 1),
        ("quantity", "<", 10),
    ),
    _rule("urgent", 10, "要得急", "Is in a hurry", ("is_urgent", "==", True)),
    _rule("phone", 10, "留了电话", "Left a phone number", ("has_phone", "==", True)),
    _rule("maker", 10, "像主机厂", "Looks like a machine builder", ("is_maker", "==", True)),
    _rule("dealer", 5, "像经销商", "Looks like a dealer", ("is_dealer", "==", True)),
    _rule("silent", -15, "没说要什么", "Does not say what is wanted", ("message_length", "==", 0)),
    _rule("trial", -30, "像随便填的", "Looks like a trial entry", ("is_trial", "==", True)),
]
# Who means it decides within weeks: after a month of silence a new message is a new need. Who only looks
# around takes a season over it, and a second look is still the same one.
VALIDITY = {"high_days": 30, "medium_days": 60, "low_days": 90}
