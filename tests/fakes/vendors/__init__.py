"""Every vendor, played on loopback. See server.py."""
