"""Endpoints of fal whose inputs are known, and what its error words mean: data, no code."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.errors import FaultKind
from .fields import UPPER_BODY, Fields

_TWO = {"human": "human_image_url", "garment": "garment_image_url"}

READY: Mapping[str, Fields] = {
    "fal-ai/kling/v1-5/kolors-virtual-try-on": Fields("try-on", _TWO, output="image.url", price=0.07),
    "fal-ai/fashn/tryon/v1.6": Fields(
        "try-on",
        {"human": "model_image", "garment": "garment_image", "category": "category", "seed": "seed"},
        {"mode": "balanced", "garment_photo_type": "auto", "moderation_level": "permissive",
         "segmentation_free": True, "num_samples": 1, "output_format": "png"},
        {"upper": "tops", "outer": "tops", "lower": "bottoms", "dress": "one-pieces", "full": "one-pieces"},
        "images[0].url", 0.075,
    ),
    "fal-ai/leffa/virtual-tryon": Fields(
        "try-on", {**_TWO, "category": "garment_type", "seed": "seed"},
        {"garment_type": "upper_body", "num_inference_steps": 50, "guidance_scale": 2.5, "output_format": "png"},
        UPPER_BODY, "image.url",
    ),
    "fal-ai/cat-vton": Fields(
        "try-on", {**_TWO, "category": "cloth_type", "seed": "seed"},
        {"cloth_type": "upper", "num_inference_steps": 30, "guidance_scale": 2.5},
        {"upper": "upper", "lower": "lower", "dress": "overall", "full": "overall", "outer": "outer"}, "image.url",
    ),
    # its field names differ between those who used it, and it may be retired
    "fal-ai/idm-vton": Fields("try-on", {**_TWO, "words": "description"}, output="image.url"),
    "fal-ai/image-apps-v2/virtual-try-on": Fields(
        "try-on", {"human": "person_image_url", "garment": "clothing_image_url"}, {"preserve_pose": True},
        output="images[0].url",
    ),
    "fal-ai/flux-2-lora-gallery/virtual-tryon": Fields(
        "try-on", {"human": "image_urls[]", "garment": "image_urls[]", "prompt": "prompt", "seed": "seed"},
        {"num_images": 1}, output="images[0].url",
    ),
    "fal-ai/nano-banana/edit": Fields(
        "stylize", {"human": "image_urls[]", "prompt": "prompt", "seed": "seed"},
        {"num_images": 1, "output_format": "png"}, output="images[0].url",
    ),
    "fal-ai/flux-pro/kontext": Fields(
        "stylize", {"human": "image_url", "prompt": "prompt", "seed": "seed"},
        {"num_images": 1, "output_format": "png", "guidance_scale": 3.5}, output="images[0].url",
    ),
    # its words for looks are not listed anywhere that was read: the style goes there as it is
    "fal-ai/image-apps-v2/style-transfer": Fields(
        "stylize", {"human": "image_url", "style": "target_style"}, output="images[0].url"
    ),
    "half-moon-ai/ai-face-swap/faceswapimage": Fields(
        "face-swap", {"face": "source_face_url", "image": "target_image_url"},
        {"enable_occlusion_prevention": False}, output="image.url",
    ),
    "fal-ai/face-swap": Fields(
        "face-swap", {"image": "base_image_url", "face": "swap_image_url"}, output="image.url"
    ),
}  # fmt: skip

DEFAULTS: Mapping[str, str] = {
    "try-on": "fal-ai/kling/v1-5/kolors-virtual-try-on",
    "face-swap": "half-moon-ai/ai-face-swap/faceswapimage",
    "stylize": "fal-ai/nano-banana/edit",
}
"""What [providers.fal] without an endpoint does."""

_INPUT = (
    "image_too_small", "image_too_large", "image_load_error", "file_download_error", "face_detection_error",
    "file_too_large", "unsupported_image_format", "feature_not_supported", "one_of", "greater_than",
    "greater_than_equal", "less_than", "less_than_equal", "missing", "value_error", "bad_request",
)  # fmt: skip
KINDS: Mapping[str, FaultKind] = {
    **dict.fromkeys(_INPUT, FaultKind.INPUT),
    **dict.fromkeys(("content_policy_violation", "no_media_generated"), FaultKind.CONTENT),
    "concurrent_requests_limit": FaultKind.THROTTLED,
}
"""By error type; all others may pass. They are not in here: before a job was taken, a 5xx may have been billed."""
