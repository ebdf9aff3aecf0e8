"""Ids, pools and priorities. Knows no images, no HTTP and no screen."""
