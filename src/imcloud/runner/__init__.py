"""Runs actions: the one module that knows inputs, rendering, connections and the client."""

from imcloud.runner.connection import Connection
from imcloud.runner.options import CallOptions, Confirmation
from imcloud.runner.references import Option
from imcloud.runner.runner import Runner
from imcloud.runner.stream import RowStream

__all__ = ["CallOptions", "Confirmation", "Connection", "Option", "RowStream", "Runner"]
