"""The shape of a lead on its way in, shared by the API, the forms and typing by hand."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Short = Annotated[str, Meta(max_length=120)]
Line = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=5000)]
Address = Annotated[str, Meta(max_length=2000)]
Moment = Annotated[datetime, Meta(tz=True)]


class ConsentIn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the person agreed to, in which wording, and for whom."""

    purpose: Annotated[str, Meta(min_length=1, max_length=40)]
    text_version: Annotated[str, Meta(min_length=1, max_length=40)]
    given_at: Moment
    recipient: Short = ""


class LeadIn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One contact attempt. Any one way of reaching the person suffices."""

    source: Annotated[str, Meta(min_length=1, max_length=60)]
    external_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    occurred_at: Moment | None = None
    name: Short = ""
    phone: Annotated[str, Meta(max_length=60)] = ""
    email: Line = ""
    wechat: Short = ""
    company: Line = ""
    region: Short = ""
    category: Annotated[str, Meta(max_length=60)] = ""
    message: Text = ""
    answers: dict[str, Any] = {}
    utm: dict[str, str] = {}
    page: Address = ""
    referrer: Address = ""
    introduced_by: Line = ""
    consents: Annotated[list[ConsentIn], Meta(max_length=20)] = []
    extra: dict[str, Any] = {}
    custom: dict[str, Any] = {}  # by the key of the operator's field, typed before it is stored


class Outcome(Struct, frozen=True, omit_defaults=True):
    """How an old enquiry ended, as a file of history tells. Money in minor units."""

    result: Literal["won", "lost", ""] = ""  # empty: the file does not say
    value_minor: int | None = None
    currency: str = "CNY"
    ended_at: datetime | None = None
    reason: Line = ""


class Body(Struct, frozen=True, omit_defaults=True):
    """What a Submission seals: the lead as given, the evidence of how it came, how it had ended."""

    lead: LeadIn
    evidence: dict[str, str] = {}
    outcome: Outcome | None = None


class Kept(Struct, frozen=True):
    """What a Rejected seals: the lead as it was sent, whatever is wrong with it, and the evidence."""

    lead: msgspec.Raw
    evidence: dict[str, str] = {}


encode_body = msgspec.json.Encoder().encode
decode_body = msgspec.json.Decoder(Body).decode
encode_kept = msgspec.json.Encoder().encode
decode_kept = msgspec.json.Decoder(Kept).decode
