"""Connections: which marketplace account is meant, checked and complete, or an error that says what is missing."""

from imcloud.connections.build import sandbox_settings
from imcloud.connections.resolve import resolve
from imcloud.connections.settings import SandboxWanted, Settings
from imcloud.connections.show import FieldRow, Known, field_rows, known_connections
from imcloud.connections.store import Store

__all__ = [
    "FieldRow",
    "Known",
    "SandboxWanted",
    "Settings",
    "Store",
    "field_rows",
    "known_connections",
    "resolve",
    "sandbox_settings",
]
