"""What one measurement says, and whether it met its goals."""


def record(
    name,
    ours_s,
    *,
    ours_mb=None,
    peer=None,
    peer_version=None,
    peer_s=None,
    agrees=None,
    ratio_min=None,
    s_max=None,
    mb_max=None,
):
    """One measurement, beside that of a peer where there is one; answers that differ miss."""
    ratio = None if peer_s is None else peer_s / ours_s
    met = (
        agrees is not False
        and (ratio_min is None or (ratio is not None and ratio >= ratio_min))
        and (s_max is None or ours_s <= s_max)
        and (mb_max is None or (ours_mb is not None and ours_mb <= mb_max))
    )
    return {
        "name": name,
        "ours_s": ours_s,
        "ours_mb": ours_mb,
        "peer": peer,
        "peer_version": peer_version,
        "peer_s": peer_s,
        "ratio": ratio,
        "agrees": agrees,
        "goal": {"ratio_min": ratio_min, "s_max": s_max, "mb_max": mb_max},
        "met": met,
    }
