"""Where bytes and answers live. Knows digests and keys, not what the bytes show."""
