"""Real parts for tests that need them: PostgreSQL, a Redis-protocol broker, a worker, a browser.

Each is private to the test session, speaks on a Unix socket in a short folder, and ends with it.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).parents[1]
PATIENCE_S = 120.0


def missing(part: str) -> None:
    """Fail where every real part is required, else skip and name the part."""
    if os.environ.get("HEADROOM_REQUIRE_PARTS") == "1":
        pytest.fail(f"{part} is not on this machine, and HEADROOM_REQUIRE_PARTS=1 requires it")
    pytest.skip(f"needs {part}, which is not on this machine")


def wait_until(condition: Callable[[], object], what: str, limit_s: float = PATIENCE_S) -> None:
    """Poll until the condition holds; say what was awaited if it never does."""
    until_s = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > until_s:
            pytest.fail(f"{what} did not happen within {limit_s:g} s")
        time.sleep(0.05)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass
class PostgresServer:
    """A cluster of our own: made in a moment, never written safely to disk, gone afterwards."""

    binaries: Path
    folder: Path
    account: pwd.struct_passwd | None
    process: "subprocess.Popen[bytes] | None" = None
    n_databases: int = 0

    @classmethod
    def start(cls) -> "PostgresServer":
        """Make a cluster and wait until it answers."""
        binaries = postgres_binaries()
        folder = Path(tempfile.mkdtemp(prefix="headroom-pg-", dir="/tmp"))
        # The server refuses to run as root.
        account = pwd.getpwnam(unprivileged_name()) if os.geteuid() == 0 else None
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        server = cls(binaries, folder, account)
        server._run("initdb", "-U", "headroom", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = ("fsync=off", "full_page_writes=off", "listen_addresses=")
        server.process = server._popen(
            "postgres", "-k", str(folder), *(part for o in options for part in ("-c", o))
        )
        wait_until(server.is_ready, "an answer of PostgreSQL")
        return server

    def _arguments(self, program: str, *rest: str) -> list[str]:
        return [str(self.binaries / program), "-D", str(self.folder / "data"), *rest]

    def _popen(self, program: str, *rest: str) -> "subprocess.Popen[bytes]":
        account = self.account
        return subprocess.Popen(
            self._arguments(program, *rest),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )

    def _run(self, program: str, *rest: str) -> None:
        if self._popen(program, *rest).wait(PATIENCE_S):
            pytest.fail(f"{program} failed in {self.folder}")

    def is_ready(self) -> bool:
        """Return whether the server takes connections."""
        command = [self.binaries / "pg_isready", "-q", "-h", self.folder]
        return subprocess.run(command, check=False).returncode == 0

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database in Django's form."""
        return f"postgresql://headroom@{quote(str(self.folder), safe='')}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """Create a database and return its name."""
        import psycopg  # noqa: PLC0415 - only these tests need it

        self.n_databases += 1
        name = f"headroom_{self.n_databases}"
        with psycopg.connect(
            host=str(self.folder), user="headroom", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def stop(self) -> None:
        """End the server and remove the cluster."""
        if self.process:
            end_group(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


def postgres_binaries() -> Path:
    """Return the folder of PostgreSQL's programs, newest version first."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parts[-2]))
    on_path = shutil.which("initdb")
    folders = [*reversed(versions), *([Path(on_path).resolve().parent] if on_path else [])]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    missing("PostgreSQL")
    raise AssertionError


def unprivileged_name() -> str:
    """Return an account that root may start the server as."""
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@dataclass
class ValkeyServer:
    """The broker that the embedded set uses, in a folder of its own."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls) -> "ValkeyServer":
        """Start the server and wait for its socket."""
        from facility.embedded import DataFolder  # noqa: PLC0415 - the embedded set's own choice
        from facility.supervisor import broker_command  # noqa: PLC0415 - as above

        folder = Path(tempfile.mkdtemp(prefix="headroom-vk-", dir="/tmp"))
        data = DataFolder(folder)
        data.make()
        process = subprocess.Popen(
            broker_command(data),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(data.broker_socket.exists, "the broker's socket")
        return cls(folder, process)

    @property
    def url(self) -> str:
        """Return the address in Celery's form."""
        return f"redis+socket://{self.folder / 'broker' / 'socket'}"

    def flush(self) -> None:
        """Forget every task."""
        import redis  # noqa: PLC0415 - only these tests need it

        with redis.Redis(unix_socket_path=str(self.folder / "broker" / "socket")) as client:
            client.flushall()

    def stop(self) -> None:
        """End the server and remove its folder."""
        end_group(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Workers:
    """Starts real worker processes and ends those that are left."""

    log_folder: Path
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def __call__(
        self, database_url: str, broker_url: str, *, at_once: int = 1, **variables: str
    ) -> "subprocess.Popen[bytes]":
        """Start a worker in a group of its own and wait until it takes tasks."""
        log = self.log_folder / f"worker-{len(self.processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "facility.celery", "worker"),
                    *("--concurrency", str(at_once), "--prefetch-multiplier", "1"),
                    *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
                    *("--hostname", f"test-{os.getpid()}-{len(self.processes)}@%h"),
                ],
                cwd=ROOT,
                env=service_environment(database_url, broker_url, **variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.processes.append(process)
        wait_until(
            lambda: b" ready." in log.read_bytes() or process.poll() is not None,
            f"the worker's start, see {log}",
        )
        if process.poll() is not None:
            pytest.fail(f"the worker ended at its start:\n{log.read_text()}")
        return process

    def stop(self) -> None:
        """End every worker, with its children."""
        for process in self.processes:
            end_group(process)


def service_environment(database_url: str, broker_url: str, **variables: str) -> dict[str, str]:
    """Return the variables of a process that shares these parts with the test."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url,
        "CELERY_BROKER_URL": broker_url,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        **variables,
    }


def migrate(database_url: str) -> None:
    """Bring a database to the newest state, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=service_environment(database_url, "memory://"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
