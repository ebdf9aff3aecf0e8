"""The steps of the pipelines: pure functions from images and settings to one image."""
