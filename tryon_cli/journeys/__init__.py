"""What a command does from settings to exit code: a run, a dry run, warming the cache, finding a past run.

Knows no command-line options; everything that is opened is opened through wiring.
"""
