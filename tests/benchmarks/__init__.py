"""What ``./headroom bench`` measures; each name is one function in ``MEASURES``."""
