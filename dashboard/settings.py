"""Every setting: from the environment where an installation decides (`docs/operating.md`), else fixed here."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery.schedules import schedule

from dashboard.environment import (
    read_build,
    read_choice,
    read_choices,
    read_count,
    read_database,
    read_flag,
    read_number,
    read_oidc,
    read_origin,
    read_port,
    read_redis_url,
    read_secret,
    read_secret_key,
    read_text,
    read_zone,
)
from dashboard.logging import FORMATS, LEVELS, configure_logging
from dashboard.roles import ADMINISTRATOR, ROLE_WORDS
from realtime.leaps import steady_now

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(read_text("VAR_DIR", str(BASE_DIR / "var"))).absolute()

DEBUG = read_flag("DEBUG", default=False)
SECRET_KEY = read_secret_key("SECRET_KEY")
HOST = read_text("HOST", "127.0.0.1")
PORT = read_port("PORT", 8000)
SOURCES_FILE = Path(read_text("SOURCES_FILE", str(BASE_DIR / "sources.toml"))).absolute()
REALTIME_SOURCES = "dashboard.sources.configured_appliances"

# The address that browsers use decides who may talk to us.
DASHBOARD_URL = read_origin("DASHBOARD_URL")
ORIGINS = [DASHBOARD_URL] if DASHBOARD_URL else [f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}"]
SECURE = ORIGINS[0].startswith("https://")
ALLOWED_HOSTS = [urlsplit(origin).hostname or "" for origin in ORIGINS]
CSRF_TRUSTED_ORIGINS = ORIGINS
SOCKET_ORIGINS = ORIGINS  # a websocket's handshake must come from exactly one of these
TRUSTED_PROXIES = read_number("TRUSTED_PROXIES", 1 if SECURE else 0)
SOCKETS_PER_USER = read_number("SOCKETS_PER_USER", 100, least=1)  # in one web process
SOCKETS_PER_ADDRESS = read_number("SOCKETS_PER_ADDRESS", 2000, least=1)

INSTALLED_APPS = [
    "dashboard.admin.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "realtime",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "dashboard.middleware.ForbidStoring",
    "dashboard.middleware.DenyFeatures",
    "dashboard.middleware.KeepSignInOut",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dashboard.accounts.session.NoteActivity",
    "dashboard.accounts.second_factor.RequireSecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "lists"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "dashboard.list_templates.environment"},
    },
]

# Storage
DATABASES = {"default": read_database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'dashboard.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = read_redis_url("REDIS_URL", f"unix://{VAR_DIR / 'valkey.sock'}")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "dashboard"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "dashboard.cache.SteadyCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "dashboard",
        "OPTIONS": {"serializer": "dashboard.cache.JsonSerializer", "socket_connect_timeout": 2, "socket_timeout": 2},
    }
}

# Celery carries polls; when they are due stands in the database
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": "dashboard-celery:", "socket_connect_timeout": 5}
CELERY_TASK_DEFAULT_QUEUE = "polls"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 280
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_CONCURRENCY = read_count("WORKER_PROCESSES", 6)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Ticks go by a clock that nobody sets, and nothing of them is kept: a clock set back must not silence beat.
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "dashboard.tick", "schedule": schedule(1.0, nowfun=steady_now), "options": {"expires": 1.0}}
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1.0

# Sessions and sign-in. Browsers send a cookie named __Host-… only to the host that set it, and only over TLS.
COOKIE_PREFIX = "__Host-" if SECURE else ""
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}dashboard_session"
SESSION_ENGINE = "dashboard.accounts.session"
SESSION_COOKIE_AGE = read_number("SESSION_HOURS", 168, least=1) * 3600  # from the sign-in
SESSION_IDLE_SECONDS = read_number("SESSION_IDLE_MINUTES", 720, least=1) * 60
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}dashboard_csrf"
CSRF_FAILURE_VIEW = "dashboard.middleware.refuse_form"
CSRF_COOKIE_HTTPONLY = True  # htmx sends the token as a header that the page itself holds
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}}]

# django-allauth: accounts that others make, no mail
ACCOUNT_ADAPTER = "dashboard.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_SESSION_REMEMBER = None  # the form asks
ACCOUNT_USERNAME_MIN_LENGTH = 1
# A name is held up for five minutes at most, an address (behind which a whole office may sit) for one.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "60/m/ip,5/5m/key"}
MFA_ADAPTER = "dashboard.accounts.adapter.SecondFactorAdapter"
MFA_REQUIRED = read_choices("MFA_REQUIRED", (*ROLE_WORDS, ADMINISTRATOR))
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE  # which browsers allow on localhost only
USERSESSIONS_ADAPTER = "dashboard.accounts.adapter.SessionsAdapter"
SOCIALACCOUNT_ADAPTER = "dashboard.accounts.adapter.SsoAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form that ends at the provider would break the policy's form-action
SOCIALACCOUNT_STORE_TOKENS = False
OIDC = read_oidc()
SOCIALACCOUNT_PROVIDERS = OIDC.provider_settings() if OIDC else {}

# What browsers are told
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # probes come past the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for sub-domains is the site's decision
    "security.W021",  # so is preloading
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        # Older Safari does not count a websocket to the page's own origin as 'self'.
        "connect-src": ["'self'", *(origin.replace("http", "ws", 1) for origin in SOCKET_ORIGINS)],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Static files: ours, and those of packages that `ASSETS` names. None of the latter is in the repository.
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticroot"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "dashboard.assets.PackageFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "dashboard.assets.AssetStorage"
    },
}
NODE_MODULES = BASE_DIR / "node_modules"
ASSETS = {
    "vendor/htmx.min.js": "django_htmx:static/django_htmx/htmx-2.min.js",
    "vendor/hx-ws.min.js": "django_htmx:static/django_htmx/ext/hx-ws-2.min.js",
    "vendor/idiomorph-ext.min.js": "npm:idiomorph/dist/idiomorph-ext.min.js",
    "admin/": "django:contrib/admin/static/admin",  # the one folder that is published whole
}

# Language and time. The zone is the site's: of its days, and of every time that people read. Stored times are UTC.
LANGUAGE_CODE = "en"
TIME_ZONE = read_zone("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# Operating
BUILD = read_build("BUILD")
METRICS_TOKEN = read_secret("METRICS_TOKEN")
AUDIT_DAYS = read_number("AUDIT_DAYS", 365, least=0)
HISTORY_DAYS = read_number("HISTORY_DAYS", 7, least=1)

LOG_LEVEL = read_choice("LOG_LEVEL", LEVELS, "INFO")
LOG_FORMAT = read_choice("LOG_FORMAT", FORMATS, "console")
LOGGING = configure_logging(LOG_LEVEL, LOG_FORMAT)
