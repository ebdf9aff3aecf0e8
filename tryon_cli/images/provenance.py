"""How a picture was made, as data. Knows no pixels and no formats."""

from __future__ import annotations

from typing import NamedTuple

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"

EDITED_BY_AI = IPTC + "compositeWithTrainedAlgorithmicMedia"
"""IPTC: correction or enhancement by a generative model, such as inpainting: what try-on services do."""

COMPOSITE = IPTC + "composite"
"""IPTC: a mix of elements, any of which may or may not be generative AI. For work without a trained model.

`algorithmicallyEnhanced` is for changes that leave the main content alone, and a new garment is the main
content. `compositeCapture` says that every element was captured from life, which we cannot know: a product
picture may be a rendering, a model may be generated. This term claims nothing that is not so.
"""

_GENERATIVE = frozenset(
    IPTC + term
    for term in ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")
)


class Provenance(NamedTuple):
    """What the final file says about itself. Nothing in it depends on when or where a run was made."""

    sources: tuple[str, ...] = ()
    """SHA-256 of the user's files: the person's, then the garments' in the order of dressing."""
    providers: tuple[str, ...] = ()
    pipeline: str = ""
    stages: tuple[tuple[str, str], ...] = ()
    """Stage name and version, in order."""
    seed: int | None = None
    tool: str = ""
    """This program's version."""
    trained: bool = True
    """A trained model made pixels of it; False for the local provider alone."""
    quality: str = ""
    """"preview quality" for the local provider."""
    source_type: str = ""
    """IPTC DigitalSourceType as found in a file; when writing, "" means: by `trained`."""

    @property
    def generative(self) -> bool:
        """Does the file declare that generative AI had a part in it?"""
        return is_generative(self.source_type)


def is_generative(source_type: str) -> bool:
    """True for the IPTC terms that declare generative AI; http and https are one."""
    return source_type.replace("https:", "http:", 1) in _GENERATIVE


def source_type(label: Provenance, found: str) -> str:
    """What to write: what was asked for, else a generative label the provider gave its picture, else ours."""
    if label.source_type:
        return label.source_type
    if is_generative(found):
        return found
    return EDITED_BY_AI if label.trained else COMPOSITE
