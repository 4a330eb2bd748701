"""Settings, all from the environment with the prefix CLEW_ (or CLEW_…_FILE for secrets)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from clew.base.targets import read_relay, read_targets


def read(name: str, default: str = "") -> str:
    """Value of CLEW_`name`, or the content of the file that CLEW_`name`_FILE names."""
    file = os.environ.get(f"CLEW_{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(f"CLEW_{name}", default)


# A database that vanishes without a word (a cable, a firewall) is noticed within half a minute, not within hours.
WATCHFUL = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


def database(url: str) -> dict[str, Any]:
    """Django's database settings for a URL or a libpq connection string."""
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "clew.base.postgresql",
        "NAME": parts.pop("dbname", "clew"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": {**WATCHFUL, **parts, "prepare_threshold": None},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "TEST": {"NAME": f"test_clew_{read('TEST_SUFFIX')}"},
    }


SECRET_KEY = read("SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "CLEW_SECRET_KEY must be set to at least 32 characters of chance. `clew up` makes one in .clew/secret."
    )
SECRET_KEY_FALLBACKS = [key for key in read("SECRET_KEY_PREVIOUS").split(",") if key]

HOME = Path(read("HOME", ".clew")).resolve()
BASE_URL = read("BASE_URL", f"http://127.0.0.1:{read('PORT', '8000')}").rstrip("/")
IS_HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
PROXY_COUNT = int(read("PROXY_COUNT", "0"))  # proxies in front that append to X-Forwarded-For
RETENTION_DAYS = max(1, int(read("RETENTION_DAYS", "180")))  # of what is settled; web/retention.py
PRIVATE_TARGETS = read_targets(
    read("PRIVATE_TARGETS")
)  # inside, and may be called: base/outgoing.py
SMTP = read_relay(read("SMTP_URL"))  # who takes e-mail; without one there is none
MAIL_FROM = read("MAIL_FROM") or (SMTP.user if SMTP else "")
METRICS_TOKEN = read("METRICS_TOKEN")  # without one there are no metrics
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("CLEW_METRICS_TOKEN must have at least 16 characters of chance.")
DEBUG = False
DATABASES = {"default": database(read("DATABASE_URL", "dbname=clew"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "clew.web.apps.WebConfig",  # before allauth: its templates win
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "clew.base.apps.BaseConfig",
    "clew.access.apps.AccessConfig",
    "clew.capture.apps.CaptureConfig",
    "clew.contacts.apps.ContactsConfig",
    "clew.grading.apps.GradingConfig",
    "clew.handoff.apps.HandoffConfig",
    "clew.handoff.pools.apps.PoolsConfig",
    "clew.pipeline.clocks.apps.ClocksConfig",
    "clew.pipeline.apps.PipelineConfig",
    "clew.pipeline.moves.apps.MovesConfig",
    "clew.pipeline.plays.apps.PlaysConfig",
    "clew.reach.apps.ReachConfig",
    "clew.pipeline.meetings.apps.MeetingsConfig",
    "clew.pipeline.commission.apps.CommissionConfig",
    "clew.pipeline.aftersale.apps.AftersaleConfig",
    "clew.pipeline.recycling.apps.RecyclingConfig",
    "clew.pipeline.resting.apps.RestingConfig",
    "clew.pipeline.reviews.apps.ReviewsConfig",
    "clew.pipeline.queue.apps.QueueConfig",
    "clew.tally.apps.TallyConfig",
]
MIDDLEWARE = [
    "clew.web.middleware.Envelope",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clew.web.middleware.Language",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clew.web.middleware.Errors",
    "clew.web.middleware.Permission",
]
ROOT_URLCONF = "clew.web.urls"
WSGI_APPLICATION = "clew.web.wsgi.application"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT = 10 * 1024 * 1024

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["clew.web.templatetags.clew"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "clew.web.navigation.shell",
            ],
        },
    }
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # not in a cookie
STATIC_URL = "/static/"
STORAGES = {"staticfiles": {"BACKEND": "clew.web.assets.Storage"}}

AUTH_USER_MODEL = "access.Member"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["clew.access.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "clew.access.passwords.Length"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "clew.access.adapter.Adapter"
ACCOUNT_FORMS = {"login": "clew.access.forms.SignIn"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = False  # access.throttle counts in the database, for all processes
ACCOUNT_SESSION_REMEMBER = True

PREFIX = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{PREFIX}clew_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = f"{PREFIX}clew_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "clew.web.errors.no_csrf"
LANGUAGE_COOKIE_NAME = "clew_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = read("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "clew.web.logs.Json"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"django.request": {"level": "ERROR"}, "django.security": {"level": "CRITICAL"}},
    "root": {"handlers": ["stderr"], "level": read("LOG_LEVEL", "WARNING")},
}
LOGGING_CONFIG = "clew.web.logs.configure"
