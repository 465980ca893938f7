"""The one seam between the socket and the application.

Whatever wants to meddle with a request before it is applied, with the answer after it was, or with the connection
itself (`request.environ["werkzeug.socket"]`), replaces `Application.pipeline`. A pipeline that has finished with the
connection raises `ConnectionError`: nothing more is written to it. It runs outside the state's lock.
"""

from __future__ import annotations

from collections.abc import Callable

from .web import Answer, Request

Apply = Callable[[Request], Answer]
Pipeline = Callable[[Request, Apply], Answer]


def straight(request: Request, apply: Apply) -> Answer:
    """Apply the request and hand on its answer."""
    return apply(request)
