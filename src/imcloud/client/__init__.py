"""The client: one connection's hardened way to its server, and a separate one for files."""

from imcloud.client.client import Client
from imcloud.client.deadline import Timing
from imcloud.client.download import DownloadFailed, fetch_file
from imcloud.client.models import PageReply, Reply
from imcloud.client.redact import mask_at, secret_pointers

__all__ = ["Client", "DownloadFailed", "PageReply", "Reply", "Timing", "fetch_file", "mask_at", "secret_pointers"]
