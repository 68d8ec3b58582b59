"""The settings of an installation, from the environment, in one place. `docs/settings.md` lists them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from api.i18n import N_

DATABASE_URL = "MOLING_DATABASE_URL"
PUBLIC_URL = "MOLING_PUBLIC_URL"
WRITE_WAIT = "MOLING_WRITE_WAIT_S"
JOBS_URL = "MOLING_JOBS_URL"
CACHE_FOLDER = "MOLING_CACHE_FOLDER"
FILES = "MOLING_FILES"
KEY_FILE = "MOLING_KEY_FILE"
PRIVATE_WEBHOOKS = "MOLING_PRIVATE_WEBHOOKS"
LONGEST_WAIT_S = 600
_SQLITE: Final = "sqlite:///"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SettingError(ValueError):
    """
    A setting cannot be used.

    Attributes
    ----------
    message, name, value
        English sentence with places for the other two. The value is left out where it could hold a password.
    """

    def __init__(self, message: str, name: str, value: str = "") -> None:
        self.message = message
        self.name = name
        self.value = value
        super().__init__(message.format(name=name, value=value))


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What an installation was told.

    Attributes
    ----------
    database_url
        Where the store is: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``.
    write_wait_s
        Seconds that a write waits for another process to end its own, above 0.
    jobs_address
        Where the background jobs are, written like ``database_url``; empty: see `jobs_url`.
    cache_folder
        For what can be made again: regions of the store as folders, with their travel times. None: see `cache`.
    files_folder
        For encrypted letters, outside of what the web server serves. None: see `files`.
    key_path
        The key of the letters, outside of that folder and of all backups. None: see `key_file`.
    public_url
        Under which people reach the office, without a path: ``https://moling.example.go.id``. Plain http is for this
        machine alone.
    private_webhooks
        Whether webhooks may lead to this machine and its network, and by plain http.
    """

    database_url: str = "sqlite:///moling.db"
    write_wait_s: float = 10.0
    jobs_address: str = ""
    cache_folder: Path | None = None
    files_folder: Path | None = None
    key_path: Path | None = None
    public_url: str = "http://127.0.0.1:8000"
    private_webhooks: bool = False

    @property
    def jobs_url(self) -> str:
        """Where the background jobs are: as said, else a file beside the store's, else in its own PostgreSQL."""
        if self.jobs_address or not self.database_url.startswith(_SQLITE):
            return self.jobs_address or self.database_url
        return f"{self.database_url.removesuffix('.db')}-jobs.db"

    @property
    def cache(self) -> Path:
        """The folder for what can be made again: as said, else beside the store's file, else where the program runs."""
        return self.cache_folder or self._beside("-cache")

    @property
    def files(self) -> Path:
        """The folder of encrypted letters: as said, else beside the store's file, else where the program runs."""
        return self.files_folder or self._beside("-files")

    @property
    def key_file(self) -> Path:
        """The key of the letters: as said, else beside the store's file, else where the program runs."""
        return self.key_path or self._beside(".key")

    def _beside(self, ending: str) -> Path:
        if self.database_url.startswith(_SQLITE):
            return Path(f"{self.database_url.removeprefix(_SQLITE).removesuffix('.db')}{ending}")
        return Path(f"moling{ending}")

    @property
    def is_secure(self) -> bool:
        """Whether people come by https, so that cookies may ask for it."""
        return self.public_url.startswith("https:")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names under which the office answers."""
        host = urlsplit(self.public_url).hostname
        assert host is not None
        return (host,) if self.is_secure else tuple(sorted({host, *_LOOPBACK}))


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """
    Settings from those variables (None: of the process); an empty variable counts as none.

    Raises
    ------
    SettingError
        When a variable cannot be read.
    """
    given = {name: value for name, value in (os.environ if environment is None else environment).items() if value}
    usual = Settings()
    return Settings(
        database_url=given.get(DATABASE_URL, usual.database_url),
        write_wait_s=_seconds(WRITE_WAIT, given[WRITE_WAIT]) if WRITE_WAIT in given else usual.write_wait_s,
        jobs_address=given.get(JOBS_URL, ""),
        cache_folder=Path(given[CACHE_FOLDER]) if CACHE_FOLDER in given else None,
        files_folder=Path(given[FILES]) if FILES in given else None,
        key_path=Path(given[KEY_FILE]) if KEY_FILE in given else None,
        public_url=_public_url(given[PUBLIC_URL]) if PUBLIC_URL in given else usual.public_url,
        private_webhooks=_is_yes(PRIVATE_WEBHOOKS, given.get(PRIVATE_WEBHOOKS, "no")),
    )


def _public_url(text: str) -> str:
    wrong = SettingError(
        N_("{name} is '{value}'; it must be like https://moling.example.go.id, or http://127.0.0.1:8000 to try out."),
        PUBLIC_URL,
        text,
    )
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 (raises where it is none)
    except ValueError as error:
        raise wrong from error
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise wrong
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise wrong
    return f"{parts.scheme}://{parts.netloc}"


def _is_yes(name: str, text: str) -> bool:
    if text not in {"yes", "no"}:
        raise SettingError(N_("{name} is '{value}'; it must be yes or no."), name, text)
    return text == "yes"


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_WAIT_S:  # which refuses NaN too
        raise SettingError(N_("{name} is '{value}'; it must be seconds, more than 0 and at most 600."), name, text)
    return seconds
