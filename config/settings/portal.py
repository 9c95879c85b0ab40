"""The portal: people, surveys, the ledger of jobs. No node table, no node key."""

from config import env
from config.oidc import oidc_apps
from config.settings.mail import mail, public_url
from config.settings.served import served
from config.settings.services import databases
from config.settings.sign_in import *

SERVICE = env.portal_service()
globals().update(served(SERVICE))
if SERVICE.embedded:
    from config.settings.sign_in_embedded import *

INSTALLED_APPS = [*INSTALLED_APPS, "accounts", "surveys", "datarequests", "mpcengine"]
ROOT_URLCONF = "config.urls_portal"

NODES_FILE = str(SERVICE.nodes_file)
RELAY_URL = SERVICE.relay_url
RELAY_TOKEN_FILE = str(SERVICE.relay_token_file)
SECOND_FACTOR_KEYS = env.secret_lines(SERVICE.second_factor_key_file)

PUBLIC_URL = public_url(SERVICE)
SECURITY_CONTACT = SERVICE.security_contact or ""
globals().update(mail(SERVICE))
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": oidc_apps(SERVICE.oidc_file)}}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if SERVICE.behind_proxy else 0

DATABASES = databases(SERVICE, {"default": "portal.sqlite3"})
