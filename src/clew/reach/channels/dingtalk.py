"""DingTalk robot, signed: 20 messages a minute, and who sends more is shut out for ten.

https://open.dingtalk.com/document/robots/custom-robot-access
"""

import base64
import hmac
from datetime import datetime
from urllib.parse import parse_qs, quote_plus, urlsplit

from clew.reach.channels.speech import Card, Codes, Request, body

CODES = Codes(("errcode",), {130101: 600}, frozenset({460101, 400105}))
PER_MINUTE = 20
PER_SECOND = 20
HAS_SECRET = True


def fits(address: str) -> bool:
    """Tell whether an address looks like one of these robots."""
    parts = urlsplit(address)
    return parts.path.endswith("/robot/send") and bool(parse_qs(parts.query).get("access_token"))


def signature(secret: str, milliseconds: int) -> str:
    """Sign a time: HMAC-SHA256 of "time, newline, secret" under the secret, base64, for an address."""
    text = f"{milliseconds}\n{secret}".encode()
    return quote_plus(base64.b64encode(hmac.digest(secret.encode(), text, "sha256")))


def request(address: str, secret: str, card: Card, now: datetime) -> Request:
    """Say a card: one notice as a card with one button, several as a list of links."""
    if secret:
        stamp = int(now.timestamp() * 1000)
        address = f"{address}&timestamp={stamp}&sign={signature(secret, stamp)}"
    if len(card.lines) == 1:
        only = card.lines[0]
        told = {
            "title": card.title,
            "text": f"### {only.head}\n\n{only.text}",
            "singleTitle": card.button,
            "singleURL": only.url,
        }
        return Request(address, body({"msgtype": "actionCard", "actionCard": told}))
    lines = [f"### {card.title}"]
    lines += [f"- [{line.head}]({line.url})  \n{line.text}" for line in card.lines]
    lines += [card.more] if card.more else []
    told = {"title": card.title, "text": "\n\n".join(lines)}
    return Request(address, body({"msgtype": "markdown", "markdown": told}))
