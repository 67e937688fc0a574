"""What the launcher says and installs, without running anything heavy."""

import json
import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

from facility.embedded import DataFolder
from facility.supervisor import write_lock
from tests.services import ROOT

LAUNCHER = str(ROOT / "headroom")


@pytest.fixture
def launcher(tmp_path, monkeypatch):
    """The launcher as a module, on a folder of its own."""
    spec = spec_from_loader("launcher", SourceFileLoader("launcher", LAUNCHER))
    module = module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec.loader.exec_module(module)
    (tmp_path / "locks").mkdir()
    for name in ("run", "test"):
        (tmp_path / "locks" / f"{name}.txt").write_text(f"{name} one\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "installed-lock")
    return module


@pytest.fixture
def commands(launcher, monkeypatch):
    """Record the commands that the launcher would run; making an environment makes its Python."""
    ran = []

    def record(command, _failure):
        ran.append(command)
        launcher.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        launcher.PYTHON.touch()

    monkeypatch.setattr(launcher, "run_quietly", record)
    return ran


def say(*arguments, **variables):
    done = subprocess.run(
        [LAUNCHER, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    return done.returncode, done.stdout, done.stderr


def test_help_is_short_and_names_every_command():
    code, out, _ = say("--help")
    assert code == 0
    assert len(out.splitlines()) < 20
    assert all(name in out for name in ("up", "test", "check", "bench", "manage"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "COMMAND"),
        (["upp"], "invalid choice: 'upp'"),
        (["up", "--prot", "1"], "--prot"),
        (["up", "--port", "http"], "http is no port"),
        (["up", "--port", "70000"], "70000 is no port"),
    ],
)
def test_wrong_arguments_are_answered_in_a_few_lines(arguments, complaint):
    code, out, err = say(*arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert len(err.splitlines()) <= 3


def test_without_a_key_django_refuses_in_one_sentence():
    variables = {k: v for k, v in os.environ.items() if k != "SECRET_KEY"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env={**variables, "DJANGO_SETTINGS_MODULE": "facility.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("SECRET_KEY is not set")
    assert len(done.stderr.splitlines()) == 1


def test_without_ensurepip_and_uv_the_missing_debian_package_is_named(launcher, monkeypatch):
    monkeypatch.setattr(launcher, "working_uv", lambda: None)
    monkeypatch.setattr(launcher, "find_spec", lambda _name: None)
    with pytest.raises(launcher.Refusal, match="python3-venv"):
        launcher.ensure_environment("run")


def test_a_lock_is_installed_once_with_its_hashes(launcher, commands):
    launcher.ensure_environment("run")
    assert "--require-hashes" in commands[-1]
    n_commands = len(commands)
    launcher.ensure_environment("run")
    assert len(commands) == n_commands


def test_a_changed_lock_is_installed_again(launcher, commands):
    launcher.ensure_environment("run")
    n_commands = len(commands)
    launcher.lock_file("run").write_text("run two\n")
    launcher.ensure_environment("run")
    assert len(commands) == n_commands + 1


def test_the_tests_environment_serves_to_run_too(launcher, commands):
    launcher.ensure_environment("test")
    n_commands = len(commands)
    launcher.ensure_environment("run")
    assert len(commands) == n_commands
    launcher.lock_file("run").write_text("run two\n")
    launcher.lock_file("test").write_text("test two\n")
    launcher.ensure_environment("run")
    assert len(commands) == n_commands + 1


def test_an_environment_whose_python_is_gone_is_made_anew(launcher, commands):
    launcher.ensure_environment("run")
    launcher.PYTHON.unlink()
    stale = launcher.VENV / "stale"
    stale.touch()
    launcher.ensure_environment("run")
    assert not stale.exists()


def test_an_environment_without_pip_is_made_anew_once_uv_is_gone(launcher, commands, monkeypatch):
    monkeypatch.setattr(launcher, "working_uv", lambda: "uv")
    launcher.ensure_environment("run")
    launcher.lock_file("run").write_text("run two\n")
    monkeypatch.setattr(launcher, "working_uv", lambda: None)
    launcher.ensure_environment("run")
    assert commands[-2][1:3] == ["-m", "venv"]
    assert commands[-1][1:3] == ["-m", "pip"]


def test_a_failed_install_ends_with_its_reason_and_leaves_no_stamp(launcher):
    with pytest.raises(launcher.Refusal, match=r"no such thing\n.*failed \(exit code 3\)"):
        launcher.run_quietly(
            [sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"], "It failed"
        )
    assert not launcher.STAMP.exists()


def test_arguments_for_pytest_and_django_are_handed_on_unread(launcher):
    for command in (["test"], ["check"], ["manage"]):
        given = ["-k", "a and not b", "--help", "-n", "0", "tests/launcher"]
        _, rest = launcher.command_line().parse_known_args([*command, *given])
        assert rest == given


@pytest.fixture
def bare_machine(launcher, monkeypatch):
    """A machine with neither browser nor database server."""
    monkeypatch.setattr(launcher, "has_part", lambda _part: False)
    monkeypatch.setattr(launcher.shutil, "which", lambda _name: "/usr/bin/apt-get")


@pytest.mark.usefixtures("bare_machine")
def test_root_on_debian_gets_the_parts_that_tests_need(launcher, commands, monkeypatch):
    monkeypatch.setattr(launcher.os, "geteuid", lambda: 0)
    launcher.ensure_system_parts()
    assert commands[-1][-2:] == ["chromium", "postgresql"]


@pytest.mark.usefixtures("bare_machine")
def test_others_are_told_what_is_missing(launcher, commands, monkeypatch, capsys):
    monkeypatch.setattr(launcher.os, "geteuid", lambda: 1000)
    launcher.ensure_system_parts()
    assert commands == []
    assert "on Debian install chromium postgresql" in capsys.readouterr().out


@pytest.mark.parametrize(("ci", "required"), [("true", "1"), ("", None)])
def test_the_build_machine_requires_every_part(launcher, monkeypatch, ci, required):
    monkeypatch.setenv("CI", ci)
    # Set first, so that what the launcher writes here is taken back after the test.
    monkeypatch.setenv("HEADROOM_REQUIRE_PARTS", "")
    monkeypatch.delenv("HEADROOM_REQUIRE_PARTS")
    monkeypatch.setattr(launcher, "ensure_environment", lambda _lock: None)
    monkeypatch.setattr(launcher, "ensure_system_parts", lambda: None)
    seen = []
    monkeypatch.setattr(
        launcher, "run_step", lambda _: seen.append(os.environ.get("HEADROOM_REQUIRE_PARTS")) or 0
    )
    launcher.test(None, ["-k", "x"])
    assert seen == [required]


def test_a_failed_check_fails_the_command_though_the_tests_pass(launcher, monkeypatch):
    monkeypatch.setattr(launcher, "ensure_environment", lambda _lock: None)
    monkeypatch.setattr(launcher, "passes", lambda name, _command: name != "types")
    monkeypatch.setattr(launcher, "run_step", lambda _command: 0)
    assert launcher.check(None, []) == 1


def test_the_locks_name_no_address():
    for lock in (ROOT / "locks").glob("*.txt"):
        assert "http" not in lock.read_text()
        assert "--index" not in lock.read_text()


def test_commands_write_links_to_where_the_pages_were_last_served(tmp_path):
    folder = DataFolder(tmp_path)
    assert folder.last_address is None
    folder.lock_file.touch()
    assert folder.last_address is None
    with folder.lock_file.open("a+", encoding="utf-8") as lock:
        write_lock(lock, "http://127.0.0.1:8410")
    assert folder.last_address == "http://127.0.0.1:8410"


def test_a_network_is_solved_without_any_setting(tmp_path):
    network = ROOT / "tests/power/pandapower/networks/switches.json"
    answer = tmp_path / "answer.json"
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    net = tmp_path / "net.json"
    net.write_text(json.dumps(json.loads(network.read_text())["net"]))
    done = subprocess.run(
        [sys.executable, "manage.py", "loadflow", str(net), "--output", str(answer)],
        cwd=ROOT, env=plain, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "bus" in json.loads(answer.read_text())) == (0, True), done.stderr
