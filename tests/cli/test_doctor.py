"""`mlxtui doctor`: every check in order and not in order, and what is printed."""

import errno
import json
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from click.testing import CliRunner, Result
from huggingface_hub import constants

import mlxtui
from mlxtui import i18n, paths
from mlxtui.cli import checks, checks_hub, checks_machine, checks_mlx, checks_terminal
from mlxtui.cli.checks import Finding
from mlxtui.cli.checks_mlx import Probe
from mlxtui.cli.commands import make_group
from mlxtui.settings import Settings

_ENVIRONMENT = (
    "TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "NO_COLOR", "COLORTERM", "LC_ALL",
    "LC_CTYPE", "LANG", "TERM", "TERM_PROGRAM", "KITTY_WINDOW_ID", "HTTP_PROXY",
    "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY",
    "no_proxy", "TEXTUAL_DISABLE_KITTY_KEY",
)  # fmt: skip

_CHECKOUT = str(Path(mlxtui.__file__).parents[1])


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without settings, in English, off the network."""
    monkeypatch.setenv("MLXTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for name in _ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    i18n.set_language("en")
    return tmp_path / "home"


def _named(findings: list[Finding], name: str) -> Finding:
    (found,) = (finding for finding in findings if finding.name == name)
    return found


# Python


def test_this_python_is_in_order() -> None:
    finding = checks_machine.check_python()
    assert finding.level == "ok"
    assert platform.python_version() in finding.message


def test_an_old_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "9", "6"))
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.6")
    finding = checks_machine.check_python()
    assert (finding.level, "3.9.6" in finding.message) == ("problem", True)
    assert "3.11" in finding.message


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the machine look like a Mac whose kernel has these values."""

    def pretend(machine: str = "arm64", **values: str) -> None:
        known = {name.replace("__", "."): value for name, value in values.items()}
        monkeypatch.setattr(platform, "system", lambda: "Darwin")
        monkeypatch.setattr(platform, "machine", lambda: machine)
        monkeypatch.setattr(checks_machine, "sysctl", lambda name: known.get(name, ""))

    return pretend


def test_an_arm64_python_on_a_mac_is_in_order(mac: Callable[..., None]) -> None:
    mac("arm64", hw__optional__arm64="1")
    assert checks_machine.check_python().level == "ok"


def test_python_under_rosetta_is_a_problem(mac: Callable[..., None]) -> None:
    mac("x86_64", sysctl__proc_translated="1")
    finding = checks_machine.check_python()
    assert (finding.level, "Rosetta" in finding.message) == ("problem", True)
    assert "arm64" in finding.fix


def test_an_intel_mac_is_a_problem(mac: Callable[..., None]) -> None:
    mac("x86_64")
    finding = checks_machine.check_python()
    assert (finding.level, "Intel" in finding.message) == ("problem", True)


def test_sysctl_is_empty_where_the_kernel_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")

    def no_such_program(*_args: Any, **_options: Any) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", no_such_program)
    assert checks_machine.sysctl("hw.ncpu") == ""


# MLX


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes `importlib.metadata` know these packages alone."""

    def pretend(requires: list[str] | None = None, **versions: str) -> None:
        known = {name.replace("_", "-"): version for name, version in versions.items()}

        def version(name: str) -> str:
            if name not in known:
                raise metadata.PackageNotFoundError(name)
            return known[name]

        def requirements(name: str) -> list[str]:
            if requires is None:
                raise metadata.PackageNotFoundError(name)
            return requires

        monkeypatch.setattr(metadata, "version", version)
        monkeypatch.setattr(metadata, "requires", requirements)
        monkeypatch.setattr(platform, "system", lambda: "Linux")

    return pretend


def test_mlx_with_its_build_is_in_order(installed: Callable[..., None]) -> None:
    installed(mlx="0.32.4", mlx_cpu="0.32.4")
    finding = checks_mlx.check_build()
    assert (finding.level, finding.message) == ("ok", "MLX 0.32.4 with mlx-cpu")


def test_missing_mlx_is_a_problem(installed: Callable[..., None]) -> None:
    installed(["mlx[cpu]<0.33,>=0.32.2; sys_platform == 'linux'"])
    finding = checks_mlx.check_build()
    assert finding.level == "problem"
    assert finding.fix == 'pip install "mlx[cpu]<0.33,>=0.32.2"'


def test_mlx_without_a_build_is_a_problem(installed: Callable[..., None]) -> None:
    installed(mlx="0.32.4")
    finding = checks_mlx.check_build()
    assert finding.level == "problem"
    assert finding.fix == 'pip install --force-reinstall "mlx[cpu]==0.32.4"'


def test_mlx_and_a_build_of_another_version_are_a_problem(
    installed: Callable[..., None],
) -> None:
    installed(mlx="0.32.4", mlx_cuda_12="0.32.3")
    finding = checks_mlx.check_build()
    assert finding.level == "problem"
    assert "0.32.4" in finding.message and "mlx-cuda-12 0.32.3" in finding.message
    assert finding.fix == 'pip install "mlx[cuda12]==0.32.4"'


def test_two_builds_that_overwrite_each_other_are_a_warning(
    installed: Callable[..., None],
) -> None:
    installed(mlx="0.32.4", mlx_cpu="0.32.4", mlx_cuda_13="0.32.4")
    finding = checks_mlx.check_build()
    assert finding.level == "warning"
    assert "mlx[cuda13]" in finding.fix


def test_a_mac_needs_the_metal_build(
    installed: Callable[..., None], mac: Callable[..., None]
) -> None:
    installed(mlx="0.32.4", mlx_metal="0.32.4")
    mac()
    assert checks_mlx.check_build().level == "ok"
    installed(mlx="0.32.4", mlx_cpu="0.32.4")
    mac()
    finding = checks_mlx.check_build()
    assert (finding.level, "mlx-metal" in finding.message) == ("problem", True)


@pytest.mark.parametrize(
    ("version", "level"), [("0.32.2", "ok"), ("0.32.3", "problem"), ("", "problem")]
)
def test_mlx_lm_has_the_pinned_version(
    installed: Callable[..., None], version: str, level: str
) -> None:
    requires = ["mlx-lm-extras==9; extra == 'x'", "mlx-lm==0.32.2", "click<9,>=8.2"]
    installed(requires, **({"mlx_lm": version} if version else {}))
    finding = checks_mlx.check_mlx_lm()
    assert finding.level == level
    if level != "ok":
        assert finding.fix == 'pip install "mlx-lm==0.32.2"'


def test_without_own_metadata_no_version_of_mlx_lm_is_wrong(
    installed: Callable[..., None],
) -> None:
    installed(mlx_lm="0.99")
    assert checks_mlx.check_mlx_lm().level == "ok"


def test_mlx_itself_answers_from_a_process_of_its_own() -> None:
    probe = checks_mlx.probe_mlx()
    assert (probe.error, probe.device in ("cpu", "gpu")) == ("", True)
    assert checks_mlx.check_device(probe).level == "ok"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "fault"),
        ("import no_such_module_at_all", "no_such_module_at_all"),
        ("print('what?')", "what?"),
        ("print('[]')", "[]"),
        ("raise SystemExit(3)", "3"),
    ],
)
def test_an_mlx_that_fails_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    monkeypatch.setattr(checks_mlx, "_PROBE", code)
    finding = checks_mlx.check_device(checks_mlx.probe_mlx())
    assert finding.level == "problem"
    assert reason in finding.message


def test_an_mlx_that_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks_mlx, "_PROBE", "import time; time.sleep(60)")
    monkeypatch.setattr(checks_mlx, "_PROBE_TIMEOUT_SECONDS", 0.2)
    assert "no answer in 0.2 seconds" in checks_mlx.probe_mlx().error


def test_a_python_that_is_gone_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert checks_mlx.probe_mlx().error


def test_a_gpu_that_mlx_does_not_use_is_a_warning(
    installed: Callable[..., None], mac: Callable[..., None]
) -> None:
    on_cpu = Probe(device="cpu", device_name="x86")
    installed(mlx="0.32.4", mlx_cpu="0.32.4")
    assert checks_mlx.check_device(on_cpu).level == "ok"
    installed(mlx="0.32.4", mlx_cuda_12="0.32.4")
    assert "nvidia-smi" in checks_mlx.check_device(on_cpu).fix
    mac()
    assert checks_mlx.check_device(on_cpu).level == "warning"
    on_gpu = Probe(device="gpu", device_name="Apple M3 Max")
    assert checks_mlx.check_device(on_gpu).level == "ok"


# The machine


def _memory(monkeypatch: pytest.MonkeyPatch, free_bytes: int) -> None:
    memory = SimpleNamespace(total=16 * 1000**3, available=free_bytes)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)


def test_little_free_memory_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    _memory(monkeypatch, 8 * 1000**3)
    finding = _named(checks_machine.check_memory(Settings(), None), "memory")
    assert finding.level == "ok"
    assert "8.0 GB of 16.0 GB" in finding.message
    _memory(monkeypatch, 1 * 1000**3)
    finding = _named(checks_machine.check_memory(Settings(), None), "memory")
    assert finding.level == "warning"


def test_metal_tells_its_working_set() -> None:
    findings = checks_machine.check_memory(Settings(), 12 * 1000**3)
    assert "12.0 GB" in _named(findings, "working-set").message
    findings = checks_machine.check_memory(Settings(), None)
    assert "working-set" not in [finding.name for finding in findings]


@pytest.mark.parametrize(
    ("value", "level"), [("0", "ok"), ("", "ok"), ("24000", "warning")]
)
def test_a_raised_wired_limit_is_a_warning(
    mac: Callable[..., None], value: str, level: str
) -> None:
    mac(iogpu__wired_limit_mb=value)
    finding = _named(checks_machine.check_memory(Settings(), None), "wired-limit")
    assert finding.level == level
    assert "ml-explore/mlx#3186" in finding.message


def test_the_risky_wired_setting_is_a_warning() -> None:
    findings = checks_machine.check_memory(Settings(), None)
    assert _named(findings, "wired-setting").level == "ok"
    findings = checks_machine.check_memory(Settings(wired_limit="max"), None)
    assert _named(findings, "wired-setting").level == "warning"


@pytest.mark.parametrize(
    ("soft", "level"),
    [(1024, "ok"), (resource.RLIM_INFINITY, "ok"), (256, "warning")],
)
def test_a_low_limit_of_open_files_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, soft: int, level: str
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (soft, soft))
    assert checks_machine.check_open_files().level == level


# Files and folders


def test_the_settings_are_in_order_or_tell_what_is_wrong(home: Path) -> None:
    assert checks.check_settings().level == "ok"
    file = paths.settings_file()
    paths.write_atomically(file, 'theme = "nord"\n')
    assert str(file) in checks.check_settings().message
    file.write_text("theme = \n")
    finding = checks.check_settings()
    assert (finding.level, str(file) in finding.message) == ("problem", True)
    assert finding.fix


def test_folders_that_are_not_there_yet_are_in_order(home: Path) -> None:
    findings = checks.check_folders()
    assert [finding.level for finding in findings] == ["ok"] * 5
    assert not home.exists()  # looking leaves nothing behind


def test_a_private_folder_is_in_order_and_an_open_one_a_warning() -> None:
    folder = paths.make_private(paths.data_dir())
    assert _named(checks.check_folders(), "data-folder").level == "ok"
    assert list(folder.iterdir()) == []
    folder.chmod(0o755)
    finding = _named(checks.check_folders(), "data-folder")
    assert (finding.level, finding.fix) == ("warning", f"chmod 700 {folder}")


def test_the_fix_quotes_a_path_with_blanks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLXTUI_HOME", str(tmp_path / "Application Support"))
    paths.make_private(paths.log_dir()).chmod(0o750)
    fix = _named(checks.check_folders(), "log-folder").fix
    assert fix == f"chmod 700 '{paths.log_dir()}'"


def test_the_shared_hub_cache_need_not_be_private() -> None:
    cache = Path(constants.HF_HUB_CACHE)
    cache.mkdir(parents=True, mode=0o755)
    assert _named(checks.check_folders(), "hub-cache").level == "ok"


def test_a_file_where_a_folder_should_be_is_a_problem(home: Path) -> None:
    home.write_text("not a folder")
    finding = _named(checks.check_folders(), "config-folder")
    assert (finding.level, str(home) in finding.message) == ("problem", True)


@pytest.mark.parametrize(
    ("number", "may_write", "fix"),
    [(errno.ENOSPC, True, "disk space"), (errno.EACCES, False, "chmod u+rwx")],
)
def test_a_folder_that_cannot_be_written_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, number: int, may_write: bool, fix: str
) -> None:
    def refuse(**_options: Any) -> None:
        raise OSError(number, os.strerror(number))

    paths.make_private(paths.cache_dir())
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(os, "access", lambda *_args: may_write)
    finding = _named(checks.check_folders(), "cache-folder")
    assert (finding.level, fix in finding.fix) == ("problem", True)


def test_a_folder_that_cannot_be_made_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "access", lambda *_args: False)
    finding = _named(checks.check_folders(), "data-folder")
    assert finding.level == "problem"
    assert str(tmp_path) in finding.fix


def test_a_folder_of_somebody_else_is_a_problem_with_its_fix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    monkeypatch.setattr(os, "access", lambda *_args: False)
    assert "chown" in _named(checks.check_folders(), "data-folder").fix


@pytest.mark.parametrize(("free_gb", "level"), [(200, "ok"), (3, "warning")])
def test_a_disk_that_is_nearly_full_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, free_gb: int, level: str
) -> None:
    usage = SimpleNamespace(free=free_gb * 1000**3)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    findings = checks.check_disk(Settings())
    assert [finding.level for finding in findings] == [level, level]


def test_a_disk_that_does_not_answer_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert {finding.level for finding in checks.check_disk(Settings())} == {"warning"}


# The terminal


def _terminal(monkeypatch: pytest.MonkeyPatch, **values: str) -> list[Finding]:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return checks_terminal.check_terminal()


def _sized(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> None:
    size = os.terminal_size((columns, lines))
    monkeypatch.setattr(os, "get_terminal_size", lambda _stream: size)


def test_a_good_terminal_is_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    _sized(monkeypatch, 120, 40)
    findings = _terminal(
        monkeypatch,
        TERM="xterm-ghostty",
        TERM_PROGRAM="ghostty",
        COLORTERM="truecolor",
        LANG="ja_JP.UTF-8",
    )
    assert {finding.level for finding in findings} == {"ok"}
    assert "Shift+Enter begins" in _named(findings, "keys").message


def test_a_bad_terminal_is_a_row_of_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    _sized(monkeypatch, 60, 20)
    findings = _terminal(monkeypatch, TERM="dumb", LC_ALL="ja_JP.eucJP", STY="1.pts")
    warned = {finding.name for finding in findings if finding.level == "warning"}
    assert warned == {"terminal", "colours", "locale", "size", "multiplexer"}
    assert all(finding.fix for finding in findings if finding.name in warned)


def test_apples_terminal_has_256_colours_and_no_shift_enter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    findings = _terminal(
        monkeypatch, TERM="xterm-256color", TERM_PROGRAM="Apple_Terminal"
    )
    assert "256" in _named(findings, "colours").message
    assert "may not tell Shift+Enter" in _named(findings, "keys").message


def test_tmux_hides_the_keys_of_the_terminal_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    findings = _terminal(
        monkeypatch, TERM="tmux-256color", KITTY_WINDOW_ID="1", TMUX="/tmp/t,1,0"
    )
    assert "may not tell Shift+Enter" in _named(findings, "keys").message
    assert "tmux" in _named(findings, "multiplexer").message


def test_no_color_and_ssh_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = _terminal(monkeypatch, NO_COLOR="1", SSH_CONNECTION="::1 1 ::1 22")
    assert _named(findings, "colours").level == "warning"
    assert "SSH" in _named(findings, "ssh").message


def test_no_terminal_at_all_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_terminal(_stream: int) -> None:
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))

    monkeypatch.setattr(os, "get_terminal_size", no_terminal)
    finding = _named(_terminal(monkeypatch, TERM="xterm"), "size")
    assert (finding.level, "mlxtui run" in finding.fix) == ("warning", True)


# The hub


class _Hub(BaseHTTPRequestHandler):
    status = 200
    body = b"[]"
    seen: list[str]
    tokens: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.tokens.append(self.headers.get("Authorization", ""))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type[_Hub], int]]:
    """A server on this machine: its handler's class and its port."""
    handler = type("Handler", (_Hub,), {"seen": [], "tokens": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield handler, server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


Hub = tuple[type[_Hub], int]


def test_a_hub_that_answers_is_in_order(hub: Hub) -> None:
    finding = checks_hub.check_hub(Settings())
    assert finding.level == "ok"
    assert f"http://127.0.0.1:{hub[1]}" in finding.message


def test_a_hub_with_an_error_is_a_warning(hub: Hub) -> None:
    hub[0].status = 503
    finding = checks_hub.check_hub(Settings())
    assert (finding.level, "HTTP 503" in finding.message) == ("warning", True)
    assert "need none" in finding.fix


def test_a_login_page_in_place_of_the_hub_is_a_warning(hub: Hub) -> None:
    hub[0].body = b"<html>Log in</html>"
    finding = checks_hub.check_hub(Settings())
    assert (finding.level, "login page" in finding.fix) == ("warning", True)


def test_a_hub_that_is_not_there_is_a_warning(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    finding = checks_hub.check_hub(Settings())
    assert (finding.level, "cannot be reached" in finding.message) == ("warning", True)


def test_a_hub_that_never_answers_is_a_warning(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks_hub, "_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
        finding = checks_hub.check_hub(Settings())
    assert (finding.level, "answer in" in finding.message) == ("warning", True)


def test_offline_mode_is_said_as_such(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    finding = checks_hub.check_hub(Settings())
    assert (finding.level, "HF_HUB_OFFLINE" in finding.message) == ("warning", True)
    assert hub[0].seen == []


def test_the_settings_of_the_hub_count(hub: Hub) -> None:
    used = Settings(hub_token="hf_Mine")
    assert checks_hub.check_hub(used).level == "ok"
    assert hub[0].tokens == ["Bearer hf_Mine"]
    mirror = Settings(hub_endpoint="http://127.0.0.1:1")
    finding = checks_hub.check_hub(mirror)
    assert (finding.level, "127.0.0.1:1 " in finding.message) == ("warning", True)
    finding = checks_hub.check_hub(Settings(offline=True))
    assert (finding.level, "offline off" in finding.fix) == ("warning", True)
    assert len(hub[0].seen) == 1


def test_a_token_that_the_hub_does_not_know_is_told_without_showing_it(
    hub: Hub,
) -> None:
    hub[0].status = 401
    finding = checks_hub.check_hub(Settings(hub_token="hf_Wrong"))
    assert (finding.level, "oken" in finding.message + finding.fix) == ("warning", True)
    assert "hf_Wrong" not in finding.message + finding.fix


@pytest.mark.parametrize(("status", "level"), [(200, "ok"), (407, "warning")])
def test_the_way_through_a_proxy_is_shown_without_any_login(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, status: int, level: str
) -> None:
    hub[0].status = status
    monkeypatch.setattr(constants, "ENDPOINT", "http://me:hidden@hub.invalid")
    monkeypatch.setenv("http_proxy", f"http://you:secret@127.0.0.1:{hub[1]}")
    finding = checks_hub.check_hub(Settings())
    assert finding.level == level
    assert f"http://hub.invalid (through the proxy http://127.0.0.1:{hub[1]})" in (
        finding.message
    )
    assert [path.startswith("http://hub.invalid/") for path in hub[0].seen] == [True]


@pytest.mark.parametrize(
    "address",
    ["http://me:hid/den@hub.invalid", "http://me:hidden@[::x", "me:hidden@hub.invalid"],
)
def test_an_address_that_is_not_valid_gives_no_login_away(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", address)
    finding = checks_hub.check_hub(Settings())
    assert finding.level == "warning"
    assert "hid" not in finding.message + finding.fix


@pytest.mark.parametrize("proxy", ["socks5://me:hidden@[", "foo://me:hidden@host:1"])
def test_a_proxy_that_is_not_valid_gives_no_login_away(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    finding = checks_hub.check_hub(Settings())
    assert finding.level == "warning"
    assert "hid" not in finding.message + finding.fix


# The command


def _doctor(*arguments: str, color: bool = False) -> Result:
    return CliRunner().invoke(
        make_group(), ["doctor", *arguments], standalone_mode=False, color=color
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the process of MLX."""
    answer = json.dumps({"device": "cpu", "name": "x", "working_set_bytes": None})
    monkeypatch.setattr(checks_mlx, "_PROBE", f"print({answer!r})")


def test_doctor_prints_a_line_for_each_finding_and_a_count(quick: None) -> None:
    result = _doctor()
    assert result.return_value == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("✓ Python")
    assert lines[-1].startswith("Problems: 0, warnings: ")
    (number,) = (n for n, line in enumerate(lines) if "OFFLINE is" in line)
    assert lines[number].startswith("! ")
    assert lines[number + 1] == "  unset HF_HUB_OFFLINE"
    assert "\x1b" not in result.output


def test_a_problem_makes_the_exit_code_1(quick: None) -> None:
    paths.write_atomically(paths.settings_file(), "wired_limit = 7\n")
    result = _doctor()
    assert result.return_value == 1
    assert "✗ " in result.output
    assert "Problems: 1, " in result.output


def test_on_a_terminal_the_marks_have_colours(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[32m✓" in _doctor(color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in _doctor(color=True).output


def test_doctor_as_json_is_a_list_of_findings(quick: None) -> None:
    result = _doctor("--json")
    rows = json.loads(result.output)
    assert all(set(row) == {"name", "level", "message", "fix"} for row in rows)
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    assert {"python", "mlx", "memory", "settings", "terminal", "hub"} <= set(names)


def test_what_comes_from_outside_cannot_drive_the_terminal(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "evil\x1b]0;title\x07")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" not in _doctor().output


def test_doctor_never_imports_mlx_into_its_own_process(home: Path) -> None:
    code = (
        "import sys; from mlxtui.cli import doctor; list(doctor.examine());"
        " print('mlx.core' in sys.modules, 'textual' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": _CHECKOUT},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("False False\n", "")


def test_a_terminal_without_utf8_gets_its_findings_too(home: Path) -> None:
    environment = {"HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "euc_jp"}
    done = subprocess.run(
        [sys.executable, "-m", "mlxtui", "doctor"],
        env={**os.environ, **environment, "PYTHONPATH": _CHECKOUT},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"? Python")
