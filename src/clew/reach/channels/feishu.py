"""Feishu (Lark) robot, signed inside the body: 100 messages a minute and 5 a second, 20 KB each.

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
"""

import base64
import hmac
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from clew.reach.channels.speech import Card, Codes, Line, Request, body

CODES = Codes(("code", "StatusCode"), {11232: 60, 9499: 60}, frozenset({11246, 230025}))
PER_MINUTE = 100
PER_SECOND = 5
HAS_SECRET = True


def fits(address: str) -> bool:
    """Tell whether an address looks like one of these robots."""
    before, _, token = urlsplit(address).path.partition("/bot/v2/hook/")
    return bool(before and token)


def signature(secret: str, seconds: int) -> str:
    """Sign a time: HMAC-SHA256 of nothing, and "time, newline, secret" is the key. base64.

    DingTalk has key and message the other way round.
    """
    key = f"{seconds}\n{secret}".encode()
    return base64.b64encode(hmac.digest(key, b"", "sha256")).decode()


def request(address: str, secret: str, card: Card, now: datetime) -> Request:
    """Say a card: a heading, and for each notice its words and a button that opens it."""
    elements = [part for line in card.lines for part in _line(line, card.button)]
    if card.more:
        elements.append({"tag": "note", "elements": [_plain(card.more)]})
    told: dict[str, Any] = {
        "msg_type": "interactive",
        "card": {
            "header": {"title": _plain(card.title), "template": "indigo"},
            "elements": elements,
        },
    }
    if secret:
        stamp = int(now.timestamp())
        told = {"timestamp": str(stamp), "sign": signature(secret, stamp), **told}
    return Request(address, body(told))


def _line(line: Line, button: str) -> list[dict[str, Any]]:
    opens = {"tag": "button", "text": _plain(button), "type": "primary", "url": line.url}
    words = f"{line.head}\n{line.text}" if line.text else line.head
    return [{"tag": "div", "text": _plain(words)}, {"tag": "action", "actions": [opens]}]


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}
