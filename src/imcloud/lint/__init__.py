"""Checks a whole pack: every file by itself, and whether the files hold together."""

from imcloud.lint.pack import lint_pack
from imcloud.lint.rules import RULES, WARNINGS

__all__ = ["RULES", "WARNINGS", "lint_pack"]
