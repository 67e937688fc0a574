"""Who may write a run: a lease that a living worker keeps renewing and a dead one loses.

Clocks of several machines may differ by seconds. The worst that follows is that two workers solve
one run; only the one whose token is on the row can write.
"""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connections
from django.db.models import F, Q
from django.utils import timezone

from facility.kernel.errors import Cancelled
from facility.scenarios.models import Run

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=10)
RENEW_EVERY_S = 2.0
REPORT_EVERY_S = 0.3
MOST_ATTEMPTS = 20
LONGEST_STEP = 80  # characters of the column


class LeaseLost(Exception):  # noqa: N818 - a state, not an error
    """Another worker has the run now; whatever this one found must not be written."""


def claim(run_id: int) -> uuid.UUID | None:
    """Take a run that waits or whose worker went silent; ``None`` if somebody else has it.

    One conditional update decides, so of several callers exactly one gets a token.
    """
    now = timezone.now()
    free = Q(state=Run.State.QUEUED) | Q(state=Run.State.RUNNING, lease_expires_at__lt=now)
    token = uuid.uuid4()
    taken = Run.objects.filter(free, pk=run_id, attempt__lt=MOST_ATTEMPTS).update(
        state=Run.State.RUNNING,
        attempt=F("attempt") + 1,
        lease=token,
        lease_expires_at=now + LEASE,
        started_at=now,
        step="",
        progress_ratio=0.0,
    )
    return token if taken else None


class Progress:
    """Writes how far the solver is, a few times a second, and hears whether to go on."""

    def __init__(self, run_id: int, token: uuid.UUID) -> None:
        self._held = Run.objects.filter(pk=run_id, lease=token)
        self._report_at_s = 0.0
        self.latest: dict[str, Any] = {}

    def __call__(self, step: str, ratio: float) -> None:
        """Report; raise `Cancelled` or `LeaseLost` where the work is no longer wanted."""
        self.latest = {"step": step[:LONGEST_STEP], "progress_ratio": ratio}
        now_s = time.monotonic()
        if now_s < self._report_at_s:
            return
        self._report_at_s = now_s + REPORT_EVERY_S
        if not self._held.update(**self.latest):
            raise LeaseLost
        if self._held.filter(cancel_requested_at__isnull=False).exists():
            raise Cancelled("Cancelled on request.")

    def renew(self) -> bool:
        """Renew the lease; write the latest report too, which may have come too soon for its turn.

        Returns whether the lease is still held.
        """
        return bool(self._held.update(lease_expires_at=timezone.now() + LEASE, **self.latest))


@contextmanager
def kept(progress: Progress) -> Iterator[None]:
    """Renew the lease from a thread, since one step of the solver may outlast it."""
    over = threading.Event()
    thread = threading.Thread(target=_renew_until, args=(over, progress), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew_until(over: threading.Event, progress: Progress) -> None:
    held = True
    while held and not over.wait(RENEW_EVERY_S):
        try:
            held = progress.renew()
        except DatabaseError:
            # The next beat may still be in time; if not, the run is solved again elsewhere.
            logger.warning("could not renew a lease", exc_info=True)
        finally:
            connections.close_all()  # this thread's own
