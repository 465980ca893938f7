"""Fault plans: what goes wrong, for which operation, how many times, and the proof afterwards that it did."""

from __future__ import annotations

from .injector import HEADER, Faults

__all__ = ["HEADER", "Faults"]
