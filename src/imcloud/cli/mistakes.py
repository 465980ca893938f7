"""What a command line can get wrong before anything is asked of the runner."""

from __future__ import annotations

from imcloud.errors import ImcloudError


class Mistake(ImcloudError):
    """The command cannot be carried out as typed (exit code 2); `hint` says what to type instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
