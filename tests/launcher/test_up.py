"""``./headroom up`` as a person meets it: real processes, a real folder, a real address."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import urllib.request
from pathlib import Path

import pytest

from facility.embedded import DataFolder
from tests.services import PATIENCE_S, ROOT, end_group, wait_until

pytestmark = pytest.mark.flow
LAUNCHER = str(ROOT / "headroom")


class Launched:
    """A running launcher and what it has said."""

    def __init__(self, *arguments, prefix=()):
        variables = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        self.process = subprocess.Popen(
            [*prefix, LAUNCHER, *arguments],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self.members = {self.process.pid}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.said += line

    def wait_for(self, pattern):
        """Return the first match once it has been said."""
        wait_until(
            lambda: re.search(pattern, self.said) or self.process.poll() is not None,
            f"{pattern!r} (said so far: {self.said!r})",
        )
        match = re.search(pattern, self.said)
        assert match, self.said
        return match

    def wait_until_ready(self):
        """Return the address once the first page came."""
        address = self.wait_for(r"ready at (http://\S+)")[1]
        self.wait_for("Ctrl-C")
        wait_until(lambda: len(family(self.process.pid)) >= 6, "the start of every process")
        self.members = family(self.process.pid)
        return address

    def end(self, number=signal.SIGTERM):
        """Send a signal; return the exit code."""
        os.kill(self.process.pid, number)
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code

    def abandon(self):
        """Leave nothing behind, whatever the test did."""
        for pid in self.members | family(self.process.pid):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        end_group(self.process)
        self._reader.join(PATIENCE_S)
        self.process.stdout.close()


def parents():
    """Return the parent of each process on this machine that is not a zombie."""
    listing = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    )
    rows = (line.split() for line in listing.stdout.splitlines())
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def family(pid):
    """Return a process and all its descendants."""
    found, of = {pid}, parents()
    while more := {child for child, parent in of.items() if parent in found} - found:
        found |= more
    return found


def alive(pid):
    return pid in parents()


def answer(url):
    with urllib.request.urlopen(url, timeout=10) as page:
        return page.status, page.read()


@pytest.fixture
def launch():
    started = []

    def start(*arguments, prefix=()):
        started.append(Launched(*arguments, prefix=prefix))
        return started[-1]

    yield start
    for one in started:
        one.abandon()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder after its first start; the first start is the slow one."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    one = Launched("up", "--port", "0", "--data", str(folder))
    try:
        one.wait_until_ready()
        assert one.end() == 0
    finally:
        one.abandon()
    return folder


@pytest.fixture
def data(prepared, tmp_path):
    """A copy of the prepared folder, as if it had been moved."""
    return shutil.copytree(prepared, tmp_path / "data")


@pytest.fixture
def headroom(launch, data):
    """A running Headroom on a folder of its own and a free port."""
    one = launch("up", "--port", "0", "--data", str(data))
    one.address = one.wait_until_ready()
    one.data = data
    return one


def test_up_serves_the_site_and_stops_on_term_without_leaving_a_process(headroom):
    assert answer(f"{headroom.address}/healthz") == (200, b"ok\n")
    assert answer(f"{headroom.address}/admin/login/")[0] == 200
    members = family(headroom.process.pid)
    assert headroom.end(signal.SIGTERM) == 0
    assert not [pid for pid in members if alive(pid)]
    assert headroom.said.endswith("Stopped.\n")
    assert "Traceback" not in headroom.said


def test_what_up_keeps_is_for_its_owner_alone(headroom):
    for name in ("secret-key", "headroom.sqlite3"):
        assert stat.S_IMODE((headroom.data / name).stat().st_mode) == 0o600


def test_a_second_up_on_the_same_folder_says_that_it_is_running(headroom, launch):
    second = launch("up", "--port", "0", "--data", str(headroom.data))
    assert second.process.wait(PATIENCE_S) == 1
    second.wait_for(re.escape(f"already running on {headroom.data}: {headroom.address}"))
    assert len(second.said.splitlines()) == 1


def test_a_process_that_dies_is_started_again_and_said_so(headroom):
    web = next(
        pid
        for pid in family(headroom.process.pid)
        if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()
        and parents()[pid] == headroom.process.pid
    )
    os.kill(web, signal.SIGKILL)
    headroom.wait_for(r"The web stopped \(signal SIGKILL\); starting it again in 1 s")
    assert answer(f"{headroom.address}/healthz") == (200, b"ok\n")


def test_up_stops_on_int_though_its_parent_ignored_it(launch, data):
    deaf = ("sh", "-c", 'trap "" INT TERM; exec "$@"', "sh")
    one = launch("up", "--port", "0", "--data", str(data), prefix=deaf)
    one.wait_until_ready()
    assert one.end(signal.SIGINT) == 0


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs Linux's death signal")
def test_a_killed_up_takes_its_processes_along_and_can_start_again(headroom, launch):
    members = family(headroom.process.pid)
    os.kill(headroom.process.pid, signal.SIGKILL)
    wait_until(lambda: not [pid for pid in members if alive(pid)], "the end of every process")
    again = launch("up", "--port", "0", "--data", str(headroom.data))
    again.wait_until_ready()
    assert again.end() == 0


def test_a_folder_with_a_long_name_works_though_socket_names_are_short(launch, prepared, tmp_path):
    data = shutil.copytree(prepared, tmp_path / ("long" * 40))
    outside = DataFolder(data).broker_socket
    assert not outside.is_relative_to(data)
    one = launch("up", "--port", "0", "--data", str(data))
    one.wait_until_ready()
    assert outside.is_socket()
    assert one.end() == 0
    assert not outside.parent.exists()


def test_a_busy_port_is_said_in_one_sentence(launch, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        one = launch("up", "--port", port, "--data", str(tmp_path))
        assert one.process.wait(PATIENCE_S) == 1
    one.wait_for(rf"cannot serve 127\.0\.0\.1 port {port} \(Address already in use\)")
    assert len(one.said.splitlines()) == 1
