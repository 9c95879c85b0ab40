"""A node: who may answer in one database, what was answered in another; one operator's keys."""

import os

from config import env
from config.settings.base import *
from config.settings.served import served
from config.settings.services import databases

SERVICE = env.node_service()
SERVED = served(SERVICE)
globals().update(SERVED)

INSTALLED_APPS = [*INSTALLED_APPS, "nodes"]
ROOT_URLCONF = "config.urls_node"
MIDDLEWARE = [*MIDDLEWARE[:1], "nodes.cross_origin.CrossOrigin", *MIDDLEWARE[1:]]

NODE_NAME = SERVICE.node
NODE_TITLE = SERVICE.name
IDENTITY_KEY_FILE = str(SERVICE.identity_key_file)
# Made with the other keys or by the first worker, its public half beside it. Web processes read
# the public half only, so the file may be kept from them.
WRAPPING_KEY_FILE = str(SERVICE.wrapping_key_file or SERVICE.data_dir / "wrapping.key")
SECRET_FILES = (
    *SERVED["SECRET_FILES"],
    *([WRAPPING_KEY_FILE] if os.path.lexists(WRAPPING_KEY_FILE) else []),
)
POLICY_FILE = str(SERVICE.policy_file)
NODES_FILE = str(SERVICE.nodes_file)
PARTY_HOST = SERVICE.party_host
PARTY_LISTEN_HOST = SERVICE.party_listen_host or SERVICE.party_host
PARTY_PORTS = SERVICE.party_ports

DATABASES = databases(SERVICE, {"default": "packages.sqlite3", "issuing": "issuing.sqlite3"})
DATABASE_ROUTERS = ["nodes.routers.IssuingRouter"]
