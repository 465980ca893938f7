"""Runbooks as entries of a list or a search; one that is broken is left out, the linter says why."""

from __future__ import annotations

from typing import Any

from imcloud.cli.app import App
from imcloud.search import KEYWORD, NAME, PROSE, TITLE, Entry


def all_books(app: App) -> list[tuple[str, Any]]:
    """(`pack.name`, runbook) of every runbook that can be loaded."""
    from imcloud.runbooks.loading import RunbookInvalid, load_runbook, runbook_files

    found = []
    for pack, file in runbook_files(app.runner.packs.values()):
        try:
            found.append((f"{pack.name}.{file.stem}", load_runbook(file)))
        except RunbookInvalid as error:
            app.note(f"left out: {error}", style="yellow")
    return found


def book_entries(app: App) -> list[Entry]:
    """Runbooks as something to be found."""
    return [
        Entry(
            book.name,
            "runbook",
            book.title,
            (
                (NAME, book.name.replace("_", " ")),
                (TITLE, book.title),
                (PROSE, book.description),
                (KEYWORD, " ".join(book.keywords)),
            ),
        )
        for _, book in all_books(app)
    ]
