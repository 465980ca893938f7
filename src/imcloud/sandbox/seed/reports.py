"""Preconfigured report names, and reports made from them in the past."""

from __future__ import annotations

import random
import sqlite3
import uuid

from ..clock import DAY
from .accounts import FIRST_ID, RESELLERS

# name: (dataset, type); a one-time report is made from any of them
NAMES = {
    "Daily Orders": ("orders", "daily"),
    "Monthly Orders": ("orders", "monthly"),
    "Every Invoice": ("payments", "on_invoice"),
    "Payments": ("payments", "periodic"),
}
_FORMATS = ("csv", "json", "xlsx", "xml")


def fill_reports(db: sqlite3.Connection, rng: random.Random, *, now: float) -> None:
    """Write the names and twelve reports for each reseller."""
    db.executemany("INSERT INTO report_names VALUES (?, ?, ?)", [(name, *entry) for name, entry in NAMES.items()])
    rows: list[tuple[object, ...]] = []
    for age in range(12):
        for index in range(len(RESELLERS)):
            name = list(NAMES)[age % len(NAMES)]
            created = now - (12 - age) * 6 * DAY - index * 60
            status = "error" if age == 5 else "completed"
            entity = str(uuid.UUID(int=rng.getrandbits(128), version=4))
            signature = f"{rng.getrandbits(128):032x}"
            times = (created, created - 30 * DAY, created)
            rows.append(
                (
                    entity,
                    len(rows) + 1,
                    FIRST_ID + index,
                    name,
                    None,
                    status,
                    NAMES[name][1],
                    _FORMATS[age % 4],
                    *times,
                    signature,
                )
            )
    db.executemany(
        "INSERT INTO reports (id, serial, reseller_id, name, customization, status, type, format, created, starts, "
        "ends, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
