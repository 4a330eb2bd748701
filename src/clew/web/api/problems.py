"""How the API's document tells of refusals."""

from typing import Any

from ninja import Schema

STATUSES = (400, 401, 403, 404, 405, 408, 413, 422, 500, 503)


class Problem(Schema):
    """RFC 9457. `code` is stable; `detail` says what to do, in the caller's language."""

    type: str
    title: str
    status: int
    detail: str
    code: str


REFUSALS: dict[int, Any] = dict.fromkeys(STATUSES, Problem)
