"""Tables and images that people have brought, in memory only: found by ids that nobody can guess, bounded, forgotten.

A run's configuration holds what it is trained on itself, so that training never looks anything up here. One thread at
a time: the event loop's.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from server.datasets.pictures import Pictures
from server.datasets.table import Table

MAX_TABLES = 96
#: Bytes of all tables together: about twenty of the largest that there may be, or thousands of ordinary ones.
MAX_BYTES = 256 * 1024 * 1024


class Tables:
    """Tables by id, the one that came first to be given up first."""

    def __init__(self, most: int = MAX_TABLES, most_bytes: int = MAX_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._tables: dict[str, Table | Pictures] = {}
        self._since: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._tables)

    @property
    def bytes(self) -> int:
        """What all tables take."""
        return sum(table.bytes for table in self._tables.values())

    def find(self, table_id: str) -> Table | None:
        """The table of that id, if it is (still) there."""
        found = self._tables.get(table_id)
        return found if isinstance(found, Table) else None

    def find_pictures(self, images_id: str) -> Pictures | None:
        """The images of that id, if they are (still) there."""
        found = self._tables.get(images_id)
        return found if isinstance(found, Pictures) else None

    def add(self, table: Table | Pictures, used: Collection[str], now: float) -> str | None:
        """Keep a table or images, and return the id; None where there is no place. Those in `used` are not given up."""
        idle = [table_id for table_id in self._tables if table_id not in used]
        while self._full(table.bytes):
            if not idle:
                return None
            self.drop(idle.pop(0))
        table_id = secrets.token_urlsafe(12)
        self._tables[table_id] = table
        self._since[table_id] = now
        return table_id

    def _full(self, added: int) -> bool:
        return len(self._tables) >= self._most or self.bytes + added > self._most_bytes

    def drop(self, table_id: str) -> None:
        """Forget a table."""
        self._tables.pop(table_id, None)
        self._since.pop(table_id, None)

    def tidy(self, wanted: Collection[str], before: float) -> None:
        """Forget what came before that time and nobody has in a run."""
        for table_id in [each for each, since in self._since.items() if since < before and each not in wanted]:
            self.drop(table_id)


#: The tables of this process.
TABLES = Tables()
