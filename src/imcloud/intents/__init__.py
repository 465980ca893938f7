"""What was meant to be sent, kept before it is sent: the reason why nothing is bought twice."""

from imcloud.intents.identity import fingerprint, marker_of
from imcloud.intents.model import Intent, IntentRefused, Pinned
from imcloud.intents.store import IntentStore

__all__ = ["Intent", "IntentRefused", "IntentStore", "Pinned", "fingerprint", "marker_of"]
