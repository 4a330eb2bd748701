"""Group commit: requests that arrive while a commit is under way are stored together by the next.

There is no timer. A lone request is committed at once; under load the groups grow by themselves.
Where large arrays queue up, more than one connection stores at the same time. What is more than can be
stored soon is sent away before it is read: rows, bytes and seconds of waiting are bounded.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from clew.base.json import dumps
from clew.capture.errors import Busy, KeyReused, NotStorable, UnnamedPerhaps
from clew.capture.inbox import STORE, STORED, ConsentRow, ReceiptRow, SubmissionRow
from clew.capture.link import FAULTY, Link
from clew.capture.schemas import LeadIn
from clew.errors import OutcomeUnknown, Unavailable

GROUP_ROWS = 500  # larger groups are hardly cheaper for each row
CROWD = 200  # rows in the queue that make another connection worth while
GROUP_BYTES = 16_000_000
WAITING_ROWS = 20_000
HELD_BYTES = 64_000_000  # of bodies, from the first byte until the answer
WAITING_SECONDS = 10.0  # who has waited so long is sent away: a sender has given up by then

RECEIPTS = """
select token_id, key, digest, submission_ids
from capture_receipt join json_to_recordset(%s::json) as asked (token bigint, name text)
     on token_id = token and key = name
"""


class Answer(msgspec.Struct, gc=False):
    """What became of one lead: its id, and whether it was `accepted` or is a `duplicate`."""

    id: UUID
    status: str = "accepted"


@dataclass(eq=False, slots=True)
class Request:
    """The rows of one HTTP request, stored as a whole or not at all."""

    leads: Sequence[LeadIn]
    submissions: list[SubmissionRow]
    consents: list[ConsentRow]
    receipt: ReceiptRow | None
    size: int
    since: float = field(default_factory=time.monotonic)
    answers: "asyncio.Future[list[Answer]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def refuse(self, error: Exception) -> None:
        """Answer with an error, unless the sender is gone."""
        if not self.answers.done():
            self.answers.set_exception(error)

    def admit_ignorance(self) -> None:
        """Say that it may be stored, and whether it may be sent again."""
        is_named = self.receipt or all(row.external for row in self.submissions)
        self.refuse(OutcomeUnknown() if is_named else UnnamedPerhaps())

    def answer(self, answers: list[Answer]) -> None:
        """Answer, unless the sender is gone."""
        if not self.answers.done():
            self.answers.set_result(answers)


class Intake:
    """Stores requests in groups through `writers`, and looks up repeats through `reader`."""

    def __init__(self, writers: Sequence[Link], reader: Link) -> None:
        """Start storing when the first request comes."""
        self._idle = list(writers)
        self._reader = reader
        self._queue: deque[Request] = deque()
        self._rows = 0
        self._bytes = 0
        self._writers = len(self._idle)
        self._running: set[asyncio.Task[None]] = set()

    def has_room(self, size: int) -> bool:
        """Whether a body of so many bytes may be read."""
        return self._rows < WAITING_ROWS and self._bytes + size <= HELD_BYTES

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """Count a body among those that are held."""
        self._bytes += size
        try:
            yield
        finally:
            self._bytes -= size

    async def store(self, request: Request) -> list[Answer]:
        """Store a request and answer after the commit.

        Raises KeyReused, NotStorable, Busy, and when the database does not answer Unavailable, or
        OutcomeUnknown where it may be stored all the same.
        """
        if self._rows >= WAITING_ROWS:
            raise Busy
        self._queue.append(request)
        self._rows += len(request.submissions)
        if len(self._idle) == self._writers or (self._idle and self._rows >= CROWD):
            self._run(self._store_all(self._idle.pop()))
        return await request.answers

    async def recall(
        self, token: int, key: str, digest: bytes, leads: Sequence[LeadIn]
    ) -> list[Answer] | None:
        """The first answer to a request with this key, or None. Raises KeyReused, Unavailable."""
        receipts = await self._receipts([(token, key)])
        receipt = receipts.get((token, key))
        if receipt is None:
            return None
        if receipt.digest != digest:
            raise KeyReused
        found = await self._stored(zip(receipt.ids, leads, strict=True))
        return [found.get(one, Answer(one)) for one in receipt.ids]

    async def close(self) -> None:
        """Store what waits, then stop."""
        while self._running:
            await asyncio.gather(*self._running)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _store_all(self, writer: Link) -> None:
        try:
            while self._queue:
                if group := self._take():
                    await self._store_group(writer, group)
        finally:
            self._idle.append(writer)
            if self._queue:  # only after an error that nobody foresaw
                self._run(self._store_all(self._idle.pop()))

    def _take(self) -> list[Request]:
        group: list[Request] = []
        rows = size = 0
        oldest = time.monotonic() - WAITING_SECONDS
        while self._queue and rows < GROUP_ROWS and size < GROUP_BYTES:
            request = self._queue.popleft()
            self._rows -= len(request.submissions)
            if request.since < oldest:
                request.refuse(Busy())
                continue
            group.append(request)
            rows += len(request.submissions)
            size += request.size
        return group

    async def _store_group(self, writer: Link, group: list[Request]) -> None:
        late: list[Request] = []
        try:
            late = self._answer(group, await _insert(writer, group))
        except FAULTY as error:
            await self._store_singly(writer, group, error)
        except OutcomeUnknown:
            pass
        except Unavailable:
            for request in group:
                request.refuse(Unavailable())
        finally:  # whatever happened: an answer for everyone
            for request in group:
                if request not in late:
                    request.admit_ignorance()

    async def _store_singly(self, writer: Link, group: list[Request], error: psycopg.Error) -> None:
        if len(group) > 1:
            for request in group:
                await self._store_group(writer, [request])
            return
        refusal = NotStorable()
        refusal.__cause__ = error
        group[0].refuse(refusal)

    def _answer(self, group: list[Request], missing: set[UUID]) -> list[Request]:
        """Answer what was stored; returns the requests that were, partly, stored before."""
        late: list[Request] = []
        for request in group:
            if missing and any(row.id in missing for row in request.submissions):
                late.append(request)
            else:
                request.answer([Answer(row.id) for row in request.submissions])
        if late:
            self._run(self._settle(late))
        return late

    async def _settle(self, late: list[Request]) -> None:
        """Answer requests that were, wholly or in part, stored before."""
        try:
            keys = [(r.receipt.token, r.receipt.key) for r in late if r.receipt]
            receipts = await self._receipts(keys) if keys else {}
            firsts = [first for r in late if (first := _first(r, receipts))]
            found = await self._stored(
                pair for request, ids, _ in firsts for pair in zip(ids, request.leads, strict=True)
            )
            for request, ids, is_repeat in firsts:
                if is_repeat or found.keys() >= set(ids):
                    request.answer([found.get(one, Answer(one)) for one in ids])
        except Unavailable:
            pass
        finally:
            for request in late:  # at least a part of it is stored
                request.admit_ignorance()

    async def _receipts(self, keys: list[tuple[int, str]]) -> dict[tuple[int, str], ReceiptRow]:
        asked = dumps([{"token": token, "name": key} for token, key in keys])
        rows = await self._reader.fetch(RECEIPTS, (asked,))
        return {
            (token, key): ReceiptRow(token, key, digest, ids) for token, key, digest, ids in rows
        }

    async def _stored(self, pairs: Iterable[tuple[UUID, LeadIn]]) -> dict[UUID, Answer]:
        """The stored answer for each id that was given out or stands for a duplicate."""
        asked = [
            {"id": one, "source": lead.source, "external": lead.external_id} for one, lead in pairs
        ]
        rows = await self._reader.fetch(STORED, (dumps(asked),))
        return {
            one: Answer(one) if stored == one else Answer(stored, "duplicate")
            for one, stored in rows
            if stored is not None
        }


def _first(
    request: Request, receipts: dict[tuple[int, str], ReceiptRow]
) -> tuple[Request, list[UUID], bool] | None:
    """The ids that the first request with this key was given, and whether that was another one."""
    own = request.receipt
    first = receipts.get((own.token, own.key)) if own else None
    if own is None or first is None:
        return request, [row.id for row in request.submissions], False
    if first.digest != own.digest:
        request.refuse(KeyReused())
        return None
    return request, first.ids, first.ids != own.ids


async def _insert(writer: Link, group: list[Request]) -> set[UUID]:
    """Store rows; returns the ids of those that were stored before."""
    submissions = [row for request in group for row in request.submissions]
    submissions.sort(key=lambda row: (row.source, row.external or ""))  # against deadlocks
    consents = [row for request in group for row in request.consents]
    receipts = [request.receipt for request in group if request.receipt]
    receipts.sort(key=lambda row: (row.token, row.key))
    ((missing,),) = await writer.write(
        STORE, (dumps(receipts), dumps(submissions), dumps(consents))
    )
    return set(missing or ())
