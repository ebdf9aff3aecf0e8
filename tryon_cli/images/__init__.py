"""The gate every picture passes, and the finish of a picture. Knows no runs, providers or stores.

`sniff.glance` reads headers, `gate.prepare` normalises what a user has, `verdict.decodes` judges what a
provider returned, `finish.finish` writes the final file, `label.read_label` reads back how it was made.
Nothing is imported here, so that looking at headers never loads Pillow.
"""
