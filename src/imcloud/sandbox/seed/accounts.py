"""Resellers with their API users, and customers; everything invented."""

from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import dataclass
from typing import Any

from ..clock import DAY

FIRST_ID = 1000001
PARENT = FIRST_ID
# (name, parent, role of its API user, how many of a hundred customers)
RESELLERS = (
    ("Harborlight Distribution", None, "parent", 55),
    ("Cedar Street IT", PARENT, "cedar", 17),
    ("Northgate Managed Services", PARENT, "northgate", 15),
    ("Bluefin Cloud", None, "bluefin", 13),
)
_FIRST = "Ada Ben Cleo Dmitri Elif Farid Grace Hana Ivo Jun Kira Liam Mona Noor Omar Pia Quinn Rosa Sven Tara".split()  # noqa: SIM905
_LAST = "Abbott Brandt Castillo Dufour Eriksen Fowler Greer Hoshino Ibarra Jensen Kovacs Lindqvist Moreau Novak".split()  # noqa: SIM905
_HEADS = (  # noqa: SIM905
    "Acorn Alder Amber Anchor Aspen Beacon Birch Bramble Brook Canyon Cobalt Copper Coral Crescent Delta Ember Fern "
    "Flint Garnet Glacier Granite Grove Hazel Heron Indigo Ivory Juniper Lantern Larch Linden Lotus Maple Marble "
    "Meadow Mistral Onyx Orchard Osprey Pebble Pine Quarry Raven Ridge Rowan Saffron Sequoia Slate Summit Tidal Willow"
).split()
_TRADES = (
    "Dental Logistics Bakery Architects Law Foods Optics Travel Interiors Printing Plumbing Robotics Textiles".split()  # noqa: SIM905
)
_KINDS = "LLC|Inc.|Group|& Sons|Partners|Works".split("|")  # noqa: SIM905
_CITIES = (
    ("Irvine", "CA", "92612"),
    ("Herndon", "VA", "20170"),
    ("Austin", "TX", "78701"),
    ("Buffalo", "NY", "14203"),
    ("Tacoma", "WA", "98402"),
    ("Boulder", "CO", "80302"),
)
_STREETS = "Main Oak Mill Harbor Station College Market Chapel".split()  # noqa: SIM905


@dataclass(frozen=True)
class Person:
    """A customer as the rest of the seeding needs it."""

    id: int
    reseller_id: int
    status: str
    created: float
    slug: str


def fill_accounts(db: sqlite3.Connection, rng: random.Random, *, seed: int, customers: int, now: float) -> list[Person]:
    """Write resellers, users and customers; returns the customers."""
    accounts: list[tuple[Any, ...]] = []
    contacts: list[tuple[Any, ...]] = []
    for index, (name, parent, _role, _share) in enumerate(RESELLERS):
        created = now - (1500 - index * 30) * DAY
        more = ("USD", "Vertex", "Default")
        accounts.append(_account(rng, FIRST_ID + index, "reseller", parent, name, "active", created, more))
        contacts.extend(_contacts(rng, FIRST_ID + index, _slug(name)))
    people = []
    names = _names(rng, customers)
    for index in range(customers):
        person = _person(index, customers, names[index], now)
        people.append(person)
        accounts.append(
            _account(
                rng, person.id, "customer", person.reseller_id, names[index], person.status, person.created, (None,) * 3
            )
        )
        contacts.extend(_contacts(rng, person.id, person.slug))
    db.executemany(f"INSERT INTO accounts VALUES ({', '.join('?' * 14)})", accounts)  # noqa: S608
    db.executemany("INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?)", contacts)
    db.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?)", list(_users(seed)))
    return people


def _users(seed: int) -> list[tuple[Any, ...]]:
    users = []
    for index, (_name, _parent, role, _share) in enumerate(RESELLERS):
        key = f"sandbox-key-{role}-{seed:04d}-not-a-secret"
        users.append((f"{role}@sandbox.api", f"sandbox-password-{role}-{seed:04d}", key, FIRST_ID + index, 1, role))
    key = users[0][2]
    users.append(("invited@sandbox.api", f"sandbox-password-invited-{seed:04d}", key, FIRST_ID, 0, "inactive"))
    return users


def _person(index: int, count: int, name: str, now: float) -> Person:
    # the first customers have fixed parts; see docs/sandbox.md
    special = {1: "creditHold", 2: "pending", 3: "cancelled", 4: "adminHold"}
    share, place = 100 * index / count, 0
    for position, (_name, _parent, _role, part) in enumerate(RESELLERS):
        place = position
        if share < part:
            break
        share -= part
    created = now - (1400 - 1000 * index / count) * DAY
    return Person(
        FIRST_ID + len(RESELLERS) + index, FIRST_ID + place, special.get(index, "active"), created, _slug(name)
    )


def _names(rng: random.Random, count: int) -> list[str]:
    every = [f"{head} {trade} {kind}" for head in _HEADS for trade in _TRADES for kind in _KINDS]
    return rng.sample(every, count)


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-").replace("---", "-").replace("--", "-")


def _account(
    rng: random.Random,
    entity: int,
    kind: str,
    parent: int | None,
    name: str,
    status: str,
    created: float,
    more: tuple[Any, ...],
) -> tuple[Any, ...]:
    city, state, code = rng.choice(_CITIES)
    address = {
        "streetAddress": f"{rng.randint(1, 999)} {rng.choice(_STREETS)} Street",
        "postalCode": code,
        "city": city,
        "state": state,
        "countryCode": "US",
    }
    external = f"{'RES' if kind == 'reseller' else 'CRM'}-{entity - FIRST_ID + 1:05d}"
    tax = f"{rng.randint(10, 99)}-{rng.randint(1000000, 9999999)}"
    segment = json.dumps({"segment": rng.choice(["small", "medium", "public"])})
    return (entity, kind, parent, external, name, status, "en", tax, *more, segment, json.dumps(address), created)


def _contacts(rng: random.Random, account: int, slug: str) -> list[tuple[Any, ...]]:
    found = []
    for position, kind in enumerate(("admin", "billing", "technical")):
        first, last = rng.choice(_FIRST), rng.choice(_LAST)
        email = f"{first}.{last}@{slug}.example".lower()
        found.append((account, position, kind, first, last, email, f"1#555#{rng.randint(1000000, 9999999)}#"))
    return found
