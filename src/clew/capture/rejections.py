"""What a door turned away and might have been a lead: sealed, once for each lead, within bounds.

The API's route and the hosted forms share it. A lead that is sent again and refused again takes the
place of what was kept of it before.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from clew.base.ids import uuid7
from clew.base.sealing import lookup, seal, unseal
from clew.capture.rules import LARGEST_LEAD, Fault
from clew.capture.schemas import Kept, LeadIn, decode_kept, encode_kept

MOST_A_DAY = 1_000  # of one token or one form
MOST_ROWS = 50_000  # of all
MOST_BYTES = 512 * 2**20
MOST_FAULTS = 20
NOT_KEPT = "not_kept"  # the code under which the rest is counted
LONGEST_EXTERNAL = 200
LONGEST_KEY = 60
ROOT = re.compile(r"[a-z_]*")

KEEP = f"""
with given as materialized (
    select g.*, decode(g.digest, 'base64') as same, s.id as source_id, o.id is not null as is_known,
        count(*) filter (where o.id is null) over (partition by g.token, g.form order by g.nth) as own,
        count(*) filter (where o.id is null) over (order by g.nth) as more_rows,
        sum(g.size - coalesce(o.size, 0)) over (order by g.nth) as more_bytes
    from json_to_recordset(%s::json) as g (
        nth int, id uuid, at timestamptz, token bigint, form bigint, code text, faults jsonb,
        source text, external text, digest text, body text, size int, count int)
    left join capture_source s on s.key = g.source
    left join capture_rejected o on o.digest = decode(g.digest, 'base64') and o.settled_at is null
), used as (
    select count(*) as all_rows, coalesce(sum(size), 0) as all_bytes from capture_rejected
), kept as (
    insert into capture_rejected (id, at, token_id, form_id, code, faults, source_id, external_id,
                                  digest, body, size, count, settlement)
    select id, at, token, form, code, faults, source_id, external, same, decode(body, 'base64'),
           size, count, ''
    from given, used
    where all_bytes + more_bytes <= {MOST_BYTES} and (is_known or all_rows + more_rows <= {MOST_ROWS}
        and own + (select count(*) from capture_rejected r
                   where (r.token_id = given.token or r.form_id = given.form)
                     and r.at > given.at - interval '1 day') <= {MOST_A_DAY})
    on conflict (digest) where settled_at is null do update
        set at = excluded.at, code = excluded.code, faults = excluded.faults,
            source_id = excluded.source_id, external_id = excluded.external_id,
            body = excluded.body, size = excluded.size,
            count = capture_rejected.count  -- else written before, and the answer was lost
                + case when capture_rejected.body = excluded.body then 0 else excluded.count end
    returning id, digest
)
select g.nth from given g join kept k on k.digest = g.same
"""  # noqa: S608  only bounds are formatted in


class RejectedRow(msgspec.Struct, gc=False):
    """One row of capture_rejected on its way into KEEP; `nth` is its place in the statement."""

    id: UUID
    at: datetime
    token: int | None
    form: int | None
    code: str
    faults: list[dict[str, str]]
    source: str | None
    external: str | None
    digest: bytes
    body: bytes
    size: int
    count: int = 1
    nth: int = 0


class _Peek(msgspec.Struct):
    """As much of a lead as is kept in the clear."""

    source: Any = None
    external_id: Any = None


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where and how something was turned away; either `token` or `form` is given."""

    evidence: Mapping[str, str]
    at: datetime
    token: int | None = None
    form: int | None = None


def row_of(
    lead: bytes, code: str, faults: Sequence[Fault], at: Doorway, name: str = ""
) -> RejectedRow | None:
    """Seal a lead as it was sent. None where it is too large, or no JSON object.

    `name` tells what is the same lead; else its external id does, or all of it.
    """
    if len(lead) > LARGEST_LEAD:
        return None
    try:
        seen = _peek(lead)
        body = encode_kept(Kept(msgspec.Raw(lead), dict(at.evidence)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    source = _plain(seen.source, LONGEST_KEY)
    external = _plain(seen.external_id, LONGEST_EXTERNAL)
    own = name or (f"{source}\0{external}" if external else lead.decode("utf-8", "replace"))
    digest = lookup(f"{at.token}:{at.form}:{own}", "rejected")
    return RejectedRow(
        uuid7(),
        at.at,
        at.token,
        at.form,
        code,
        [{"field": _field(f.field), "code": f.code} for f in faults[:MOST_FAULTS]],
        source,
        external,
        digest,
        seal(body, _place(digest)),
        len(body),
    )


def parts_of(body: bytes) -> list[bytes]:
    """The leads of a body, each as it was sent; none where it cannot be taken apart."""
    if body.lstrip()[:1] != b"[":
        return [body]
    try:
        return [bytes(part) for part in _parts(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def open_kept(digest: bytes | memoryview, sealed: bytes | memoryview) -> Kept:
    """Unseal what a Rejected holds. Raises SealBroken."""
    return decode_kept(unseal(bytes(sealed), _place(bytes(digest))))


def _place(digest: bytes) -> bytes:
    return b"rejected:" + digest


def _plain(value: object, longest: int) -> str | None:
    is_fit = isinstance(value, str) and 0 < len(value) <= longest and "\0" not in value
    return str(value) if is_fit else None


def _field(path: str) -> str:
    """The path of a fault as far as it is ours: the names inside are the sender's, and may tell of people."""
    found = ROOT.match(path)
    root = found[0] if found else ""
    return root if root in LeadIn.__struct_fields__ else ""


_peek = msgspec.json.Decoder(_Peek).decode
_parts = msgspec.json.Decoder(list[msgspec.Raw]).decode
