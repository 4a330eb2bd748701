"""E-mail to one member: the same words as a robot's card, as plain text."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from clew.reach.channels.speech import Card, Line, Meaning, Verdict

PER_MINUTE = PER_SECOND = 30  # to one mailbox


def message(sender: str, to: str, card: Card, now: datetime, message_id: str) -> EmailMessage:
    """Write a card as an e-mail. Raises ValueError where an address cannot stand in a header."""
    made = EmailMessage()
    made["Subject"] = card.title
    made["From"] = sender
    made["To"] = to
    made["Date"] = format_datetime(now)
    made["Message-ID"] = message_id
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(
        "\n\n".join([*(_line(one) for one in card.lines), *([card.more] if card.more else [])])
        + "\n"
    )
    return made


def judge(code: int) -> Verdict:
    """Say what a reply means: below 400 it is taken, below 500 it is for later, else it never will be."""
    if code < 400:
        return Verdict(Meaning.SENT)
    meaning = Meaning.BROKEN if code < 500 else Meaning.REFUSED
    return Verdict(meaning, f"smtp_{code}")


def _line(line: Line) -> str:

    return "\n".join(part for part in (line.head, line.text, line.url) if part)
