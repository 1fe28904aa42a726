"""One typed settings object, read from the environment (`FOUREYES_*`) and from `foureyes.toml` in the data folder.

The environment wins over the file. Every field says what it is for and in which unit.
"""

import functools
import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


def default_data_dir() -> Path:
    """`FOUREYES_DATA_DIR`, else the person's own."""
    if named := os.environ.get("FOUREYES_DATA_DIR"):
        return Path(named).expanduser().resolve()
    return own_data_dir()


def own_data_dir() -> Path:
    """The person's own data folder, as the XDG specification names it."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser().resolve() / "foureyes"


class Conf(BaseSettings):
    """What an installation may set."""

    model_config = SettingsConfigDict(env_prefix="FOUREYES_", extra="ignore", frozen=True)

    data_dir: Path = Field(default_factory=default_data_dir, description="Folder of everything that must be kept.")
    jobs_dir: Path | None = Field(
        default=None, description="Folder with the job files; default: `jobs` in the data folder."
    )
    database_url: str = Field(default="", description="`postgresql://...`; empty: SQLite in the data folder.")
    secret_key: str = Field(default="", description="Signing key; empty: a generated one in the data folder.")

    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port of the web server; 0 takes a free one.")
    allowed_hosts: list[str] = Field(default=["*"], description="Host names that requests may name.")
    trusted_origins: list[str] = Field(default=[], description="Origins trusted for cross-site posts, with scheme.")
    https: bool = Field(
        default=False,
        description="People reach the pages by https only, and a proxy ends it: cookies are sent over https alone, "
        "browsers remember it, and `X-Forwarded-Proto` is believed.",
    )
    proxies: int = Field(
        default=0, ge=0, description="How many proxies in front append to `X-Forwarded-For`; the client is before them."
    )
    session_minutes: int = Field(
        default=14 * 24 * 60,
        ge=5,
        description="So long after the last page that a person has opened or sent their session ends, "
        "and with the browser.",
    )
    wrong_attempts_per_account: int = Field(
        default=10, ge=0, description="Wrong passwords for one account from one address before more wait; 0: no limit."
    )
    wrong_attempts_per_address: int = Field(
        default=300, ge=0, description="Wrong passwords, and wrong tokens, from one address before more wait; 0: none."
    )
    wrong_attempts_seconds: int = Field(
        default=300, ge=1, description="So long wrong attempts are counted, and so long more of them wait at most."
    )
    web_threads: int = Field(default=8, ge=1, description="Requests answered at the same time by one web process.")
    web_statement_seconds: float = Field(
        default=30,
        ge=0.001,
        description="So long PostgreSQL may take for one statement of a request; then it is a 503.",
    )

    workers: int = Field(default=2, ge=1, le=256, description="Run slots: how many jobs run at the same time.")
    queues: list[str] = Field(
        default=["default"], description="Queues this installation's workers listen on by default."
    )
    default_queue: str = Field(default="default", description="Queue of jobs that name none.")
    soft_time_limit_seconds: float = Field(default=300, gt=0, description="Soft limit of jobs that set none.")
    time_limit_seconds: float = Field(default=600, gt=0, description="Hard limit of jobs that set none.")
    cancel_grace_seconds: float = Field(default=5, ge=0, description="Time a cancelled job has before it is killed.")
    lease_seconds: float = Field(default=30, ge=2, description="A run whose worker is silent for so long is lost.")
    worker_stale_seconds: float = Field(default=30, ge=2, description="A worker silent for so long counts as gone.")
    poll_seconds: float = Field(default=1, gt=0, description="How often workers look for runs without being woken.")
    max_queued_occurrences: int = Field(
        default=10, ge=0, description="Occurrences of one schedule that wait for its previous run; more are skipped."
    )
    discover_seconds: float = Field(default=2, gt=0, description="How often the jobs folder is checked for edits.")
    discover_timeout_seconds: float = Field(default=20, gt=0, description="Time one job file may take to import.")
    choices_timeout_seconds: float = Field(default=10, gt=0, description="Time a choices function may take.")
    choices_cache_seconds: float = Field(
        default=60, ge=0, description="How long the answer of a choices function holds."
    )
    environment_voids_grants: bool = Field(
        default=False, description="Does a change of the installed packages void approvals? Otherwise it is shown."
    )
    request_lifetime_days: int = Field(
        default=0, ge=0, description="An approval request that nobody decided expires after so long; 0: never."
    )
    series_grant_days: int = Field(
        default=0, ge=0, description="The approval of a recurring schedule ends after so long; 0: never."
    )
    run_as_user: str = Field(default="", description="Operating-system user that jobs run as; needs root.")
    allow_database_jobs: bool = Field(
        default=True, description="May jobs that declare `Meta.database` have the database?"
    )
    job_database_url: str = Field(default="", description="PostgreSQL role for jobs with `Meta.database`; empty: ours.")
    max_output_file_bytes: int = Field(default=100 * 2**20, ge=0, description="Largest output file of a job.")
    max_upload_bytes: int = Field(
        default=100 * 2**20, ge=0, description="Largest input file, and largest request body."
    )

    webhook_trusted_hosts: list[str] = Field(
        default=[],
        description="Hosts that webhooks may call although they lead into a private network, as written in the URL.",
    )
    webhook_timeout_seconds: float = Field(
        default=10, gt=0, description="Time the receiver of a webhook has to answer."
    )
    webhook_delivery_days: int = Field(default=90, ge=1, description="How long ended deliveries of webhooks are kept.")

    page_size: int = Field(default=50, ge=1, description="Rows of a list page when the request names no limit.")
    max_page_size: int = Field(default=1000, ge=0, description="Largest page; 0: no cap.")
    strict_filtering: bool = Field(default=True, description="Answer 400 to unknown filters instead of ignoring them.")
    cron_day_rule: Literal["or", "and"] = Field(
        default="or",
        description="If a crontab restricts day of month and day of week: one is enough (crontab(5)), or both (1.x).",
    )
    time_zone: str = Field(default="UTC", description="Zone in which instants without offset are read.")
    environment_label: str = Field(default="", description="Short name of the installation, shown on every page.")
    demo: bool = Field(default=False, description="Demo mode: sample jobs and a second account exist.")
    debug: bool = Field(default=False, description="Developers only: verbose errors in the log.")
    log_format: Literal["console", "json"] = Field(default="console", description="Form of the server's own log lines.")

    @field_validator("data_dir", "jobs_dir", mode="after")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().resolve() if path else path

    @property
    def jobs_folder(self) -> Path:
        """Where job files are looked for."""
        return self.jobs_dir or self.data_dir / "jobs"

    @property
    def run_folder(self) -> Path:
        """Sockets and files that mean nothing after a stop."""
        return self.data_dir / "run"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = TomlConfigSettingsSource(settings_cls, toml_file=default_data_dir() / "foureyes.toml")
        return init_settings, env_settings, file


@functools.cache
def get_conf() -> Conf:
    """The settings of this process, read once."""
    return Conf()


def signing_key(conf: Conf) -> str:
    """The configured signing key, or the one kept in the data folder, made on first use (mode 0600)."""
    if conf.secret_key:
        return conf.secret_key
    file = conf.data_dir / "secret_key"
    if not file.exists():
        conf.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f".secret_key.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)  # atomic, and the first of several starting processes wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()
