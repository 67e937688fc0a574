"""The set that runs on one machine without any server of its own: its folder and its variables."""

import contextlib
import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

# The kernel refuses socket names beyond about a hundred bytes (104 on macOS, 108 on Linux).
LONGEST_SOCKET_NAME = 100


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Everything one installation keeps: database, key, broker, logs, collected static files."""

    path: Path

    @property
    def key_file(self) -> Path:
        """Return where the secret key is kept."""
        return self.path / "secret-key"

    @property
    def database_file(self) -> Path:
        """Return where the embedded database is kept."""
        return self.path / "headroom.sqlite3"

    @property
    def lock_file(self) -> Path:
        """Return the file that a running supervisor holds locked."""
        return self.path / "headroom.lock"

    @property
    def last_address(self) -> str | None:
        """Return where ``up`` serves these pages, or last did; None before the first start."""
        with contextlib.suppress(FileNotFoundError):
            words = self.lock_file.read_text(encoding="utf-8").split()
            return words[0] if words else None
        return None

    @property
    def log_folder(self) -> Path:
        """Return where the processes write their logs."""
        return self.path / "log"

    @property
    def broker_socket(self) -> Path:
        """Return the broker's socket: inside, or in a private folder if that name is too long."""
        inside = self.path / "broker" / "socket"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_NAME:
            return inside
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"headroom-{os.getuid()}-{digest}" / "socket"

    @property
    def database_url(self) -> str:
        """Return the address of the embedded database."""
        return f"sqlite:///{self.database_file}"

    @property
    def broker_url(self) -> str:
        """Return the address of the embedded broker."""
        return f"redis+socket://{self.broker_socket}"

    def make(self) -> None:
        """Create what is missing; nobody else may read it."""
        for folder in (self.path, self.path / "broker", self.log_folder, self.broker_socket.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def tidy(self) -> None:
        """Remove the socket's folder if it stands outside, where nobody would look for it."""
        outside = self.broker_socket.parent
        if not outside.is_relative_to(self.path):
            self.broker_socket.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                outside.rmdir()

    def secret_key(self) -> str:
        """Return the installation's key; the first call makes it."""
        if not self.key_file.exists():
            draft = self.path / f"secret-key.{os.getpid()}"
            with open(draft, "w", encoding="ascii", opener=_private) as file:
                file.write(secrets.token_urlsafe(50))
            # A link appears whole or not at all, and never replaces a key made meanwhile.
            with contextlib.suppress(FileExistsError):
                os.link(draft, self.key_file)
            draft.unlink()
        return self.key_file.read_text(encoding="ascii").strip()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def environment(folder: DataFolder, base_url: str | None = None) -> dict[str, str]:
    """Return the variables for the embedded set; what the caller's environment says stands."""
    folder.make()
    ours = {
        "SECRET_KEY": folder.secret_key(),
        "DATABASE_URL": folder.database_url,
        "CELERY_BROKER_URL": folder.broker_url,
        "DJANGO_SETTINGS_MODULE": "facility.settings",
        # One run has one core: threads of the linear algebra would only fight each other.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    if base_url:
        ours["HEADROOM_BASE_URL"] = base_url
    given = {name: value for name, value in os.environ.items() if value}
    return ours | given | {"HEADROOM_DATA_DIR": str(folder.path), "PYTHONUNBUFFERED": "1"}
