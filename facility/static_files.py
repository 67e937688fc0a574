"""Static files that come inside Python packages instead of our own folder."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PLOTLY_FILE = "plotly.min.js"
PLOTLY_PREFIX = "vendor/plotly"


def plotly_folder() -> Path:
    """Return where the plotly package keeps its browser files, without the cost of importing it."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the plotly package is not installed")
    return Path(spec.origin).parent / "package_data"


class PlotlyFinder(BaseFinder):
    """Offers the one browser file of the plotly package as ``vendor/plotly/plotly.min.js``."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=plotly_folder())
        # collectstatic puts the storage's prefix before the name of each file it lists.
        self.storage.prefix = PLOTLY_PREFIX  # type: ignore[attr-defined]  # staticfiles' protocol

    def check(self, **_kwargs: Any) -> list[Any]:
        """Find nothing to complain about: there is nothing to set."""
        return []

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Return the file's place on disk if this is the file asked for."""
        if path != f"{PLOTLY_PREFIX}/{PLOTLY_FILE}":
            return []
        place = self.storage.path(PLOTLY_FILE)
        return [place] if find_all else place

    def list(self, _ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield the one file."""
        yield PLOTLY_FILE, self.storage
