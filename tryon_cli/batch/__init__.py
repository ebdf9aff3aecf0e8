"""One run of many pairs: rows to steps on the way in, finished steps to files on the way out."""
