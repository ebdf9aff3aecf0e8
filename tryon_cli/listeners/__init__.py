"""Who hears what happened: one stream of frozen events."""
