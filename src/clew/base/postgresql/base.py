"""The connection, by the name under which Django looks for it."""

from django.db.backends.postgresql import base

from clew.base.away import AWAY, is_answer


class DatabaseWrapper(base.DatabaseWrapper):
    """Counts the transactions that are stored, or may be: COMMIT was sent and no answer came."""

    commits = 0

    def _commit(self) -> None:
        self.commits += 1
        try:
            super()._commit()  # type: ignore[misc]
        except AWAY as refused:
            if is_answer(refused.__cause__):
                self.commits -= 1
            raise
