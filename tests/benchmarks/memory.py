"""Memory of the process that asks; unlike `resource` not what its parent had before it."""

from pathlib import Path

KB_PER_MB = 1024.0


def resident_mb(*, peak=False):
    """Return what the process holds, or the most it ever held. [MB]."""
    key = "VmHWM:" if peak else "VmRSS:"
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(key)) / KB_PER_MB
