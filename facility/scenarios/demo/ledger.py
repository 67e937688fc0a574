"""Where the demo's figures come from: entries of source, confidence and note by path."""

from dataclasses import dataclass, field

from facility.catalogue.lookup import find

DEFAULT = "Engineering default of the demo site"


@dataclass(slots=True)
class Ledger:
    """Collects one entry per path, in the order in which they were said."""

    entries: dict[str, list[str]] = field(default_factory=dict)

    def say(self, path: str, source: str, confidence: str, note: str) -> None:
        """Write down where the value at a path comes from."""
        self.entries[path] = [source, confidence, note]

    def item(self, path: str, item: str, fact_name: str, note: str = "") -> None:
        """Write down that a value comes from a fact of a catalogue item, ``kind/id``."""
        kind, item_id = item.split("/")
        fact = find(kind, item_id).facts[fact_name]
        notes = "; ".join(part for part in (note, fact.method, fact.note) if part)
        source = f"{item} ({', '.join(fact.sources)})"
        self.say(path, source, fact.confidence, notes)

    def default(self, path: str, note: str) -> None:
        """Write down that a value is an engineering default, and why it is what it is."""
        self.say(path, DEFAULT, "unverified", note)
