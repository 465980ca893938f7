"""A believable marketplace, made from a seed alone; dates are offsets from the instant it is filled at."""

from __future__ import annotations

import random
import sqlite3

from ..pricing import Product
from ..schema import VERSION
from .accounts import fill_accounts
from .catalogue import fill_catalogue
from .history import fill_history
from .reports import fill_reports

_SIZES = {"small": (40, 150, 300), "large": (1000, 4000, 20000)}
_SEQUENCES = ("SO", "CH", "RN", "CL", "MG")


def fill(db: sqlite3.Connection, *, size: str, seed: int, now: float) -> None:
    """Fill empty tables inside the caller's transaction."""
    rng = random.Random(f"imcloud-sandbox-{seed}")  # noqa: S311
    customers, subscriptions, orders = _SIZES[size]
    meta = {"format": VERSION, "size": size, "seed": seed, "epoch": now, "clock_offset": 0.0}
    db.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", [(k, str(v)) for k, v in meta.items()])
    products: list[Product] = fill_catalogue(db)
    people = fill_accounts(db, rng, seed=seed, customers=customers, now=now)
    fill_history(db, rng, people=people, products=products, subscriptions=subscriptions, orders=orders, now=now)
    fill_reports(db, rng, now=now)
    _start_sequences(db)


def _start_sequences(db: sqlite3.Connection) -> None:
    for name in ("accounts", "orders", "subscriptions"):
        last = db.execute(f"SELECT max(id) FROM {name}").fetchone()[0]  # noqa: S608
        db.execute("INSERT INTO sequences (name, next) VALUES (?, ?)", (name, last + 1))
    serial = db.execute("SELECT max(serial) FROM reports").fetchone()[0]
    db.execute("INSERT INTO sequences (name, next) VALUES ('reports', ?)", (serial + 1,))
    for prefix in _SEQUENCES:
        last = db.execute("SELECT max(number) FROM orders WHERE number LIKE ?", (prefix + "%",)).fetchone()[0]
        db.execute("INSERT INTO sequences (name, next) VALUES (?, ?)", (prefix, int(last[2:]) + 1 if last else 1))
