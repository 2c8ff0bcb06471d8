"""Checks of the computer: Python, memory, open files."""

import platform
import resource
import subprocess

import psutil

from mlxtui.cli.checks import Finding
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.units import bytes_text

_LEAST_PYTHON = (3, 11)
_LEAST_FREE_BYTES = 2 * 1000**3
_LEAST_OPEN_FILES = 1024
_SYSCTL_TIMEOUT_SECONDS = 5


def is_macos() -> bool:
    """Whether this is a Mac."""
    return platform.system() == "Darwin"


def sysctl(name: str) -> str:
    """A value of macOS's kernel; empty where there is none of that name."""
    if not is_macos():
        return ""
    try:
        done = subprocess.run(
            ["/usr/sbin/sysctl", "-n", name],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SYSCTL_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def check_python() -> Finding:
    """Python is new enough and made for this processor."""
    version, machine = platform.python_version(), platform.machine()
    major, minor, _patch = platform.python_version_tuple()
    if (int(major), int(minor)) < _LEAST_PYTHON:
        return Finding(
            "python",
            "problem",
            _("Python {version} is too old, mlxtui needs {least} or newer.").format(
                version=version, least=".".join(map(str, _LEAST_PYTHON))
            ),
            _("Install a newer Python and make a new virtual environment with it."),
        )
    if is_macos() and machine == "x86_64":
        # A process under Rosetta sees an Intel processor; the kernel tells the truth.
        if "1" in (sysctl("sysctl.proc_translated"), sysctl("hw.optional.arm64")):
            return Finding(
                "python",
                "problem",
                _(
                    "Python {version} is made for Intel (x86_64) and runs under"
                    " Rosetta; MLX needs an arm64 Python."
                ).format(version=version),
                _(
                    "Install the arm64 Python (python.org, or Homebrew in"
                    " /opt/homebrew) and make a new virtual environment with it."
                ),
            )
        return Finding(
            "python",
            "problem",
            _("This Mac has an Intel processor, MLX needs Apple silicon."),
            _("Use a Mac with an M1 or newer, or Linux."),
        )
    text = _("Python {version} for {machine}").format(version=version, machine=machine)
    return Finding("python", "ok", text)


def check_memory(used: Settings, working_set_bytes: int | None) -> list[Finding]:
    """There is memory for a model, and macOS may still take some back.

    Args:
        working_set_bytes: What Metal recommends as the most; None without Metal.
    """
    memory = psutil.virtual_memory()
    text = _("Memory: {free} of {total} are free.").format(
        free=bytes_text(memory.available), total=bytes_text(memory.total)
    )
    if memory.available >= _LEAST_FREE_BYTES:
        findings = [Finding("memory", "ok", text)]
    else:
        fix = _("Close other programs, or choose a small model.")
        findings = [Finding("memory", "warning", text, fix)]
    if working_set_bytes is not None:
        text = _("The GPU works with up to {size}; beyond that macOS swaps.")
        text = text.format(size=bytes_text(working_set_bytes))
        findings.append(Finding("working-set", "ok", text))
    if is_macos():
        findings.append(_wired_limit())
    findings.append(_wired_setting(used))
    return findings


def check_open_files() -> Finding:
    """The process may open enough files: models, indexes and downloads take many."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        text = _("mlxtui may open any number of files at once.")
        return Finding("open-files", "ok", text)
    if soft >= _LEAST_OPEN_FILES:
        text = _("mlxtui may open {count} files at once.").format(count=soft)
        return Finding("open-files", "ok", text)
    return Finding(
        "open-files",
        "warning",
        _("mlxtui may open only {count} files at once, {least} are better.").format(
            count=soft, least=_LEAST_OPEN_FILES
        ),
        "ulimit -n 4096",
    )


def _wired_limit() -> Finding:
    """macOS's own limit for memory that the GPU holds; 0 is its own choice."""
    megabytes = sysctl("iogpu.wired_limit_mb")
    if not megabytes.isdecimal() or int(megabytes) == 0:
        text = _(
            "macOS chooses how much memory the GPU may hold. Raising"
            " iogpu.wired_limit_mb is risky: macOS can panic (ml-explore/mlx#3186)."
        )
        return Finding("wired-limit", "ok", text)
    return Finding(
        "wired-limit",
        "warning",
        _(
            "iogpu.wired_limit_mb was raised to {size}. That is risky: macOS can"
            " panic (ml-explore/mlx#3186)."
        ).format(size=bytes_text(int(megabytes) * 1024**2)),
        "sudo sysctl iogpu.wired_limit_mb=0",
    )


def _wired_setting(used: Settings) -> Finding:
    if used.wired_limit == "off":
        text = _("The setting wired_limit is off, which is the safe choice.")
        return Finding("wired-setting", "ok", text)
    return Finding(
        "wired-setting",
        "warning",
        _(
            "The setting wired_limit is {value}. That is risky: macOS can panic"
            " (ml-explore/mlx#3186)."
        ).format(value=used.wired_limit),
        "mlxtui config set wired_limit off",
    )
