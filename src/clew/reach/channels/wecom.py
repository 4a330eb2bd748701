"""WeCom group robot: the key in the address is the secret. 20 messages a minute.

https://developer.work.weixin.qq.com/document/path/91770
"""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from clew.reach.channels.speech import Card, Codes, Request, body

CODES = Codes(("errcode",), {45009: 60, 45033: 60}, frozenset({40008, 40058}))
PER_MINUTE = 20
PER_SECOND = 20
HAS_SECRET = False
TITLE, TEXT = 26, 112  # characters that are shown


def fits(address: str) -> bool:
    """Tell whether an address looks like one of these robots."""
    parts = urlsplit(address)
    return parts.path.endswith("/webhook/send") and bool(parse_qs(parts.query).get("key"))


def request(address: str, _secret: str, card: Card, _now: datetime) -> Request:
    """Say a card: one notice as a card that opens it, several as a list of links."""
    if len(card.lines) == 1:
        only = card.lines[0]
        told = {
            "card_type": "text_notice",
            "main_title": {"title": only.head[:TITLE], "desc": only.text[:TEXT]},
            "sub_title_text": card.title[:TEXT],
            "jump_list": [{"type": 1, "title": card.button, "url": only.url}],
            "card_action": {"type": 1, "url": only.url},
        }
        return Request(address, body({"msgtype": "template_card", "template_card": told}))
    lines = [f"**{card.title}**"]
    lines += [f"> [{line.head}]({line.url})\n> {line.text}" for line in card.lines]
    lines += [card.more] if card.more else []
    return Request(
        address, body({"msgtype": "markdown", "markdown": {"content": "\n".join(lines)}})
    )
