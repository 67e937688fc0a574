# What runs under a peer's interpreter imports packages that are not installed here.
collect_ignore_glob = ["peers/*"]
