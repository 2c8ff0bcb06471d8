"""Checks of MLX. It is only ever imported in a child process, as it may crash."""

import json
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata

from mlxtui.cli.checks import Finding
from mlxtui.cli.checks_machine import is_macos
from mlxtui.i18n import _

# The part of MLX that computes is a package of its own, and the extra that brings it.
_BUILDS = {
    "mlx-metal": "mlx",
    "mlx-cpu": "mlx[cpu]",
    "mlx-cuda-12": "mlx[cuda12]",
    "mlx-cuda-13": "mlx[cuda13]",
}

# The first start after an installation is slow: macOS looks through the libraries.
_PROBE_TIMEOUT_SECONDS = 30
_REASON_LENGTH = 300

_PROBE = """
import json
import mlx.core as mx
mx.eval(mx.ones((8, 8)) @ mx.ones((8, 8)))
info = mx.device_info()
print(json.dumps({
    "device": mx.default_device().type.name,
    "name": info.get("device_name", ""),
    "working_set_bytes": info.get("max_recommended_working_set_size"),
}))
"""


@dataclass(frozen=True, slots=True)
class Probe:
    """What MLX says in a process of its own."""

    device: str = ""
    """`gpu` or `cpu`; empty when it failed."""
    device_name: str = ""
    working_set_bytes: int | None = None
    """What Metal recommends as the most to use; None elsewhere."""
    error: str = ""
    """Why it failed; empty when it did not."""


def probe_mlx() -> Probe:
    """Import MLX and compute something, so that a crash is only an answer."""
    try:
        done = subprocess.run(
            # -P: a folder `mlx` where the user stands is not the package.
            [sys.executable, "-P", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PROBE_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        text = _("no answer in {seconds} seconds")
        return Probe(error=text.format(seconds=_PROBE_TIMEOUT_SECONDS))
    except OSError as error:
        return Probe(error=error.strerror or str(error))
    if done.returncode < 0:
        return Probe(error=signal.strsignal(-done.returncode) or str(done.returncode))
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    try:
        answer = json.loads(lines[-1])
        return Probe(
            device=str(answer["device"]),
            device_name=str(answer["name"]),
            working_set_bytes=answer["working_set_bytes"],
        )
    except (LookupError, TypeError, ValueError):
        reason = lines[-1][:_REASON_LENGTH] if lines else str(done.returncode)
        return Probe(error=reason)


def check_build() -> Finding:
    """MLX and the part of it that computes are installed and of one version."""
    version = _installed("mlx")
    builds = {name: _installed(name) for name in _BUILDS if _installed(name)}
    wanted = "mlx-metal" if is_macos() else "mlx-cpu"
    if not version:
        install = f'pip install "{_BUILDS[wanted]}{_wanted("mlx")}"'
        return Finding("mlx", "problem", _("MLX is not installed."), install)
    if not builds or (is_macos() and wanted not in builds):
        return Finding(
            "mlx",
            "problem",
            _("MLX {version} lacks the part that computes, {package}.").format(
                version=version, package=wanted
            ),
            f'pip install --force-reinstall "{_BUILDS[wanted]}=={version}"',
        )
    names = " + ".join(f"{name} {builds[name]}" for name in builds)
    first = wanted if is_macos() else next(iter(builds))
    if len(builds) > 1:
        # All of them put their library into the same place, mlx/lib.
        text = _("Builds of MLX overwrite each other: {names}.").format(names=names)
        first = next((name for name in builds if "cuda" in name), first)
        others = " ".join(builds)
        fix = f'pip uninstall -y {others} && pip install "{_BUILDS[first]}=={version}"'
        return Finding("mlx", "warning", text, fix)
    if builds[first] != version:
        return Finding(
            "mlx",
            "problem",
            _("MLX {version} and {names} do not belong together.").format(
                version=version, names=names
            ),
            f'pip install "{_BUILDS[first]}=={version}"',
        )
    text = _("MLX {version} with {package}").format(version=version, package=first)
    return Finding("mlx", "ok", text)


def check_mlx_lm() -> Finding:
    """mlx-lm has the version that mlxtui was made for: its names move."""
    version, wanted = _installed("mlx-lm"), _wanted("mlx-lm")
    fix = f'pip install "mlx-lm{wanted}"'
    if not version:
        return Finding("mlx-lm", "problem", _("mlx-lm is not installed."), fix)
    if wanted not in ("", f"=={version}"):
        text = _("mlx-lm {version} is installed, mlxtui needs {wanted}.")
        text = text.format(version=version, wanted=wanted.removeprefix("=="))
        return Finding("mlx-lm", "problem", text, fix)
    return Finding("mlx-lm", "ok", f"mlx-lm {version}")


def check_device(probe: Probe) -> Finding:
    """MLX works, and on the GPU where it should."""
    if probe.error:
        text = _("MLX does not start: {reason}").format(reason=probe.error)
        builds = [name for name in _BUILDS if _installed(name)]
        package = _BUILDS[builds[0] if builds else "mlx-cpu"]
        fix = f'pip install --force-reinstall "{package}=={_installed("mlx")}"'
        return Finding("device", "problem", text, fix)
    device = f"{probe.device.upper()} ({probe.device_name})"
    text = _("MLX computes on the {device}.").format(device=device)
    if probe.device == "gpu":
        return Finding("device", "ok", text)
    if is_macos():
        fix = _("Use the Mac itself: a virtual machine has no Metal GPU and is slow.")
        return Finding("device", "warning", text, fix)
    if any("cuda" in name and _installed(name) for name in _BUILDS):
        fix = _("MLX's CUDA build finds no GPU. Does `nvidia-smi` show one?")
        return Finding("device", "warning", text, fix)
    return Finding("device", "ok", text)


def _installed(package: str) -> str:
    """A package's version; empty when it is not installed."""
    try:
        return metadata.version(package) or ""
    except metadata.PackageNotFoundError:
        return ""


def _wanted(package: str) -> str:
    """What mlxtui's own metadata ask for, as `==1.2`; empty when it is not known."""
    try:
        wanted = metadata.requires("mlxtui") or []
    except metadata.PackageNotFoundError:
        return ""  # run from a checkout that is not installed
    for line in wanted:
        match = re.match(rf"{re.escape(package)}(\[\w+\])?\s*([<>=!~][^;]*)", line)
        if match:
            return match[2].replace(" ", "")
    return ""
