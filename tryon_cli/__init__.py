"""Batch processor for virtual try-on: a manifest of people and garments in, pictures out, resumable."""

__version__ = "0.1.0"
