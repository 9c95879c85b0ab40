"""The portal: people, surveys, the ledger of jobs. No node table, no node key."""

from config import env
from config.settings.base import *
from config.settings.served import served
from config.settings.services import databases

SERVICE = env.portal_service()
globals().update(served(SERVICE))

INSTALLED_APPS = [*INSTALLED_APPS, "accounts", "surveys", "mpcengine"]
AUTH_USER_MODEL = "accounts.User"
ROOT_URLCONF = "config.urls_portal"

NODES_FILE = str(SERVICE.nodes_file)
RELAY_URL = SERVICE.relay_url
RELAY_TOKEN_FILE = str(SERVICE.relay_token_file)

DATABASES = databases(SERVICE, {"default": "portal.sqlite3"})
