"""OpenAI's image edits as its SDK sends and reads them."""

from __future__ import annotations

import base64
import re
from typing import Any

from vendors.pictures import decodes, picture
from vendors.server import Asked, Reply, Vendor, route

FIELDS = {
    "model", "prompt", "n", "size", "quality", "output_format", "output_compression", "background", "input_fidelity",
    "moderation", "image", "image[]",
}  # fmt: skip
TOKENS = {"low": 200, "medium": 1767, "high": 7033, "auto": 7033}
FORMS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}


def error(status: int, code: str | None, text: str, kind: str = "invalid_request_error") -> Reply:
    """As the vendor words it."""
    said = {"message": text, "type": kind, "param": None, "code": code}
    return Reply(status, {"error": said}, {"x-request-id": "req_1"})


class OpenAi(Vendor):
    """api.openai.com; end_with takes a Reply."""

    NAME = "openai"
    PAID = "POST /v1/images/edits"
    PRICE = 0.21

    @route("POST", "/v1/images/edits")
    def edits(self, asked: Asked) -> Reply:
        if not asked.credential.startswith("Bearer ") or "wrong" in asked.credential:
            # the vendor repeats the key it was given, with stars in the middle; this one repeats all of it
            text = f"Incorrect API key provided: {asked.credential.removeprefix('Bearer ')}."
            return error(401, "invalid_api_key", text)
        parts = asked.parts
        form = {part.name: part.data.decode() for part in parts if not part.file}
        if refused := self._refused(form, [part for part in parts if part.file]):
            return refused
        work = self.begin(asked)
        work.ended = True
        if work.fault is not None:
            self.charges = [charge for charge in self.charges if charge.work != work.id]
            return work.fault
        size = self._pixels(form.get("size", "auto"))
        made = picture(asked.body, (size[0] // 8, size[1] // 8), FORMS[form.get("output_format", "png")])
        usage = self._usage(form, len([part for part in parts if part.file]), size)
        body = {"created": 1, "data": [{"b64_json": base64.b64encode(made).decode()}], "usage": usage}
        return Reply(200, body, {"x-request-id": "req_1"}, delay=self.seconds)

    def _refused(self, form: dict[str, str], files: list[Any]) -> Reply | None:
        unknown = sorted(set(form) - FIELDS)
        if unknown:
            return error(400, "unknown_parameter", f"Unknown parameter: '{unknown[0]}'.")
        if not form.get("prompt"):
            return error(400, "missing_required_parameter", "Missing required parameter: 'prompt'.")
        if not form.get("model", "").startswith(("gpt-image-", "chatgpt-image")):
            return error(404, "model_not_found", f"The model '{form.get('model')}' does not exist")
        if form["model"].startswith("gpt-image-2") and "input_fidelity" in form:
            return error(400, "invalid_value", "input_fidelity is not supported by this model")
        names = {part.name for part in files}
        if names != ({"image"} if len(files) == 1 else {"image[]"}):
            return error(400, "invalid_image", "Invalid image parts")
        if not all(decodes(part.data) and part.media.startswith("image/") for part in files):
            return error(400, "invalid_image_file", "Invalid image file or mode for image 1")
        size = form.get("size", "auto")
        found = re.fullmatch(r"(\d+)x(\d+)", size)
        if size != "auto" and (found is None or int(found[1]) % 16 or int(found[2]) % 16):
            return error(400, "invalid_value", f"Invalid value: '{size}'.")
        if form.get("quality", "auto") not in TOKENS:
            return error(400, "invalid_value", "Invalid value for quality.")
        return None

    def _pixels(self, size: str) -> tuple[int, int]:
        found = re.fullmatch(r"(\d+)x(\d+)", size)
        return (int(found[1]), int(found[2])) if found else (1024, 1536)

    def _usage(self, form: dict[str, str], pictures: int, size: tuple[int, int]) -> dict[str, Any]:
        words, sent = len(form["prompt"]) // 4, 1500 * pictures
        made = round(TOKENS[form.get("quality", "auto")] * size[0] * size[1] / 1024**2)
        return {
            "input_tokens": words + sent,
            "input_tokens_details": {"image_tokens": sent, "text_tokens": words},
            "output_tokens": made,
            "total_tokens": words + sent + made,
        }


VENDOR = OpenAi
