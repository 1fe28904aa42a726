"""Django settings of the processes that execute author code: models can be imported, nothing of ours can be reached."""

import secrets
from typing import Any

SECRET_KEY = secrets.token_urlsafe(32)  # Django wants one; it signs nothing that anybody believes
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
AUTH_USER_MODEL = "users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "foureyes.users",
    "foureyes",
]
RECORDS_CHANGES = False  # a job cannot write events: its process reports what it changed, and the worker does
DATABASES: dict[str, dict[str, Any]] = {"default": {"ENGINE": "foureyes.sandbox.nodatabase"}}
LOGGING_CONFIG = None  # what libraries log goes to the error output, and from there to the log of the run
