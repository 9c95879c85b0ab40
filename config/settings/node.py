"""A node: who may answer in one database, what was answered in another; one operator's keys."""

import os

from config import env
from config.log import events_path, logging_settings
from config.settings.base import *
from config.settings.embedded import folder_broker, sqlite

SERVICE = env.node_service()

ROLE = "node"
EMBEDDED = SERVICE.embedded
DATA_DIR = str(SERVICE.data_dir)
FAULT_DIR = str(SERVICE.fault_dir or "")
SECRET_KEY = env.secret_text(SERVICE.secret_key_file)

INSTALLED_APPS = [*INSTALLED_APPS, "nodes"]
ROOT_URLCONF = "config.urls_node"

NODE_NAME = SERVICE.node
NODE_TITLE = SERVICE.name
IDENTITY_KEY_FILE = str(SERVICE.identity_key_file)
# Made with the other keys or by the first worker, its public half beside it. Web processes read
# the public half only, so the file may be kept from them.
WRAPPING_KEY_FILE = str(SERVICE.wrapping_key_file or SERVICE.data_dir / "wrapping.key")
SECRET_FILES = (
    str(SERVICE.secret_key_file),
    IDENTITY_KEY_FILE,
    *([WRAPPING_KEY_FILE] if os.path.lexists(WRAPPING_KEY_FILE) else []),
)
POLICY_FILE = str(SERVICE.policy_file)
NODES_FILE = str(SERVICE.nodes_file)
PARTY_HOST = SERVICE.party_host

DATABASES = {
    "default": sqlite(SERVICE.data_dir / "packages.sqlite3"),
    "issuing": sqlite(SERVICE.data_dir / "issuing.sqlite3"),
}
DATABASE_ROUTERS = ["nodes.routers.IssuingRouter"]
CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = folder_broker(SERVICE.broker_dir)
LOGGING = logging_settings(SERVICE.log_file)
EVENTS_FILE = str(events_path(SERVICE))
