"""Django settings, made from the typed settings object. Nothing else reads it: settings of ours live in `conf.py`."""

from pathlib import Path
from typing import Any

import dj_database_url

from foureyes.api.settings import REST_FRAMEWORK as REST_FRAMEWORK
from foureyes.api.settings import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from foureyes.conf import get_conf, signing_key

_conf = get_conf()

SECRET_KEY = signing_key(_conf)
DEBUG = _conf.debug
ALLOWED_HOSTS = _conf.allowed_hosts
CSRF_TRUSTED_ORIGINS = _conf.trusted_origins
ROOT_URLCONF = "foureyes.urls"
ASGI_APPLICATION = "foureyes.asgi.application"
APPEND_SLASH = True
LOGGING_CONFIG = None  # the log is set up by `processes.log_format`, and Django would take that back
USE_TZ = True
TIME_ZONE = _conf.time_zone
LANGUAGE_CODE = "en-us"
USE_I18N = False
AUTH_USER_MODEL = "users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "foureyes.users",
    "foureyes",
]


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite as the measurements ask for it: WAL, every commit on disk (gate G25), writers take their turn at once."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
                "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;"
            ),
        },
    }


def database() -> dict[str, Any]:
    """The configured PostgreSQL, or SQLite in the data folder."""
    if not _conf.database_url:
        return sqlite(_conf.data_dir / "foureyes.sqlite3")
    return dict(dj_database_url.parse(_conf.database_url))


DATABASES = {"default": {**database(), "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}}

MIDDLEWARE = [
    "foureyes.processes.headers.SafeHeaders",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "foureyes.web.compress.CompressPages",
    "foureyes.web.errors.ErrorPages",
    "foureyes.web.assets.Assets",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "foureyes.api.wire.size.BodyLimit",
    "foureyes.api.wire.slash.OptionalSlash",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.static", "foureyes.web.tags"],
        },
    }
]
AUTHENTICATION_BACKENDS = ["foureyes.users.authentication.AccountBackend"]
LOGIN_URL = "/account/sign-in/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "foureyes.web.account.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; allauth wants the fields to fit the method
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # `users.attempts` counts, for pages and API alike, in the database of all processes
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
CSRF_FAILURE_VIEW = "foureyes.web.errors.forbidden"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "foureyes.web.assets.HashedNames"},
}

SESSION_ENGINE = "foureyes.users.sessions"
SESSION_COOKIE_AGE = _conf.session_minutes * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _conf.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _conf.https else None
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
