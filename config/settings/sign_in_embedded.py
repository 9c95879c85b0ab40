"""Sign-in on one machine: plain HTTP to localhost, mail as files, a second factor offered."""

SESSION_COOKIE_NAME = "drempel-session"
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "drempel-csrf"
CSRF_COOKIE_SECURE = False
LANGUAGE_COOKIE_NAME = "drempel-language"
LANGUAGE_COOKIE_SECURE = False

SECOND_FACTOR_REQUIRED = False
LINKS_ARE_PRINTED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # localhost counts as secure for browsers
