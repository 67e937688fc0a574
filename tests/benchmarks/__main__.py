"""Measure the named benchmarks, print a table, and write records when asked to."""

import argparse
import json
import sys
from pathlib import Path

from tests.benchmarks.measures import MEASURES


def main() -> int:
    """Run ``python -m tests.benchmarks [names] [--json FILE]``."""
    parser = argparse.ArgumentParser(prog="headroom bench", allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(MEASURES))
    parser.add_argument("--json", type=Path, help="write the records here")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in MEASURES]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; choose from {', '.join(MEASURES)}")
    records = []
    say(f"{'name':24}{'ours':>10}{'memory':>11}{'peer':>10}{'ratio':>8}  goal")
    for name in options.names or MEASURES:
        found = MEASURES[name]()
        for record in [found] if isinstance(found, dict) else found:
            records.append(record)
            say(line(record))
    if options.json:
        options.json.write_text(json.dumps(records, indent=2) + "\n")
    return 0 if all(record["met"] for record in records) else 1


def say(text) -> None:
    """Print a line at once; the measurements between two lines take long."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def line(record) -> str:
    """One record as a row of the table."""
    goal = ", ".join(f"{key} {value}" for key, value in record["goal"].items() if value is not None)
    peer = "–" if record["peer_s"] is None else f"{record['peer_s']:.2f} s"
    ratio = "–" if record["ratio"] is None else f"{record['ratio']:.1f}"
    memory = "–" if record["ours_mb"] is None else f"{record['ours_mb']:.0f} MB"
    met = "met" if record["met"] else "MISSED"
    differs = ", ANSWERS DIFFER" if record["agrees"] is False else ""
    against = "" if record["peer"] is None else f" ({record['peer']} {record['peer_version']})"
    return (
        f"{record['name']:24}{record['ours_s']:>8.3f} s{memory:>11}{peer:>10}{ratio:>8}  "
        f"{goal or 'shown'}: {met}{differs}{against}"
    )


if __name__ == "__main__":
    sys.exit(main())
