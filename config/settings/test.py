"""Unit tests: every app at once, databases in memory or lent ones, no broker, no service file.

No process of the product ever runs under these settings; ``tests/roles`` checks the real ones.
Files are named but absent: a test that needs one makes it and overrides the setting.
"""

from config.settings.embedded import sqlite
from config.settings.sign_in import *
from config.settings.sign_in_embedded import *
from config.settings.test_services import databases

ROLE = "test"
EMBEDDED = True
DATA_DIR = ""
# Events are checked and written nowhere; tests/events names a file.
EVENTS_FILE = ""
SECRET_KEY = "for unit tests only, and long enough to pass"  # noqa: S105 - signs nothing real

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "accounts",
    "surveys",
    "datarequests",
    "mpcengine",
    "relay",
    "nodes",
]
PUBLIC_URL = "http://testserver"
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
MAIL_IS_SENT = True
SECOND_FACTOR_KEYS = ("for unit tests only: seals no real secret",)
PASSWORD_HASHERS = ["tests.accounts.cheap.CheapArgon2"]
DEFAULT_FROM_EMAIL = "drempel@localhost"
# One role's addresses at a time: pytest.mark.urls("config.urls_node") chooses another.
ROOT_URLCONF = "config.urls_portal"

NODE_NAME = "a"
NODE_TITLE = "Anna's node"
IDENTITY_KEY_FILE = "absent/identity.pem"
WRAPPING_KEY_FILE = "absent/wrapping.key"
POLICY_FILE = "absent/policy.json"
NODES_FILE = "absent/nodes.json"
PARTY_HOST = "127.0.0.1"
PARTY_LISTEN_HOST = "127.0.0.1"
PARTY_PORTS = None
RELAY_URL = "http://127.0.0.1:9"
RELAY_TOKEN_FILE = "absent/relay-token"  # noqa: S105 - a path
RELAY_SIGNING_KEY_FILE = "absent/relay-signing.pem"
PORTAL_TOKEN_FILE = "absent/portal-token"  # noqa: S105 - a path

DATABASES = databases() or {"default": sqlite(":memory:"), "issuing": sqlite(":memory:")}
DATABASE_ROUTERS = ["nodes.routers.IssuingRouter"]
CELERY_BROKER_URL = "memory://"
