"""Numbers as text. The only place that formats bytes, rates and durations."""

_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB")


def bytes_text(size_bytes: float) -> str:
    """Bytes in decimal units, as disks and the Mac's Finder count: `1.5 GB`."""
    value, unit = float(size_bytes), 0
    while abs(value) >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    # Whole kilobytes are exact enough; from there on one decimal tells models apart.
    digits = 0 if unit < 2 else 1
    return f"{value:.{digits}f} {_BYTE_UNITS[unit]}"


def rate_text(per_second: float) -> str:
    """A rate without its unit: three digits are enough to compare by."""
    return f"{per_second:.0f}" if per_second >= 99.95 else f"{per_second:.1f}"


def seconds_text(seconds: float) -> str:
    """A duration: `0.24 s`, `12 s`, `3 min 05 s`."""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def count_text(count: float) -> str:
    """A large count: `2.2M` parameters, `8.0B`; small ones as they are."""
    if count < 999.5:
        return f"{count:.0f}"
    for limit, suffix in ((1e3, "K"), (1e6, "M"), (1e9, "B")):
        if count < 999.95 * limit:
            return f"{count / limit:.1f}{suffix}"
    return f"{count / 1e12:.1f}T"
