"""Programs that run under the interpreter of a peer; they import nothing of Headroom's own."""
