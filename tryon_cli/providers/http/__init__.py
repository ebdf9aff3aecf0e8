"""What all services over HTTP share: sending, waiting, uploading, reading errors. Knows no vendor."""
