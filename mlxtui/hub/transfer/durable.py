"""Bytes on the disk: flushed, in order, and what a restart of the machine took."""

import functools
import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

# macOS: everything before it reaches the disk before anything after it, without the
# wait of F_FULLFSYNC (fcntl(2)); Python has no name for it.
_F_BARRIERFSYNC = 85
_LINUX_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def flush(file: int) -> None:
    """Bring a file's bytes to the disk before anything that is written later.

    Raises:
        OSError: The disk does not take them.
    """
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(file, _F_BARRIERFSYNC)
        except OSError:  # network and foreign file systems do not know it
            os.fsync(file)
    else:
        os.fdatasync(file)


@functools.cache
def boot_number() -> int:
    """Stands for the time since this machine was started, 64 bits.

    What a process wrote without a flush outlives the process, not the machine. Where
    the system has no such number it is made up: then only flushed bytes are trusted.
    """
    try:
        if sys.platform == "darwin":
            name = subprocess.run(
                ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
                capture_output=True,
                check=True,
            ).stdout
        else:
            name = _LINUX_BOOT_ID.read_bytes()
    except (OSError, subprocess.CalledProcessError):
        name = secrets.token_bytes(8)
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "little")
