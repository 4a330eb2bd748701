"""Acts at the same time, each on a connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection, transaction

WAITING = """select exists (select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'), pg_stat_clear_snapshot()"""
LOOKS = 200  # every 0.02 seconds


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run each act in a thread of its own; give what they raised."""
    barrier, raised = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            act()
        except Exception as error:  # noqa: BLE001  the caller looks at it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def overlapping(first: Callable[[], object], second: Callable[[], object]) -> list[BaseException]:
    """Run an act, and another one before it is committed; give what they raised.

    It is committed as soon as the other one waits for it, or is through.
    """
    has_acted, is_through = threading.Event(), threading.Event()

    def act() -> None:
        try:
            with transaction.atomic():
                first()
                has_acted.set()
                wait_for_somebody(is_through)
        finally:
            has_acted.set()

    def follow() -> None:
        has_acted.wait()
        try:
            second()
        finally:
            is_through.set()

    return at_once(act, follow)


def wait_for_somebody(or_else: threading.Event | None = None) -> None:
    """Wait until another connection waits for a lock, or something else has happened."""
    with connection.cursor() as cursor:
        for _ in range(LOOKS):
            cursor.execute(WAITING)
            if cursor.fetchone()[0] or (or_else and or_else.is_set()):
                return
            cursor.execute("select pg_sleep(0.02)")
