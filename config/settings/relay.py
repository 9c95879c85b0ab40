"""The relay: sealed packages on their way to the nodes. No accounts, no sessions."""

from config import env
from config.settings.base import *
from config.settings.served import served
from config.settings.services import databases

SERVICE = env.relay_service()
globals().update(served(SERVICE))

INSTALLED_APPS = [*INSTALLED_APPS, "relay"]
ROOT_URLCONF = "config.urls_relay"

RELAY_SIGNING_KEY_FILE = str(SERVICE.signing_key_file)
NODES_FILE = str(SERVICE.nodes_file)
PORTAL_TOKEN_FILE = str(SERVICE.portal_token_file)

DATABASES = databases(SERVICE, {"default": "relay.sqlite3"})
