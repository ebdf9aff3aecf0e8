"""Vertex AI virtual try-on as Google's SDK sends and reads it."""

from __future__ import annotations

import base64
from typing import Any

from vendors.gemini import error
from vendors.server import Asked, Reply, Vendor, route

PARAMETERS = {
    "sampleCount", "baseSteps", "seed", "addWatermark", "personGeneration", "safetySetting", "outputOptions",
    "storageUri",
}  # fmt: skip


class Vertex(Vendor):
    """aiplatform.googleapis.com; end_with takes a Reply."""

    NAME = "vertex"
    PAID = "POST /v1beta1/publishers/google/models/{model}:predict"
    PRICE = 0.06

    def reset(self) -> None:
        super().reset()
        self.form = "predictions"
        """Or images: what the answer's list is called."""
        self.tokens = {"tok-1"}
        """OAuth tokens that work."""

    @route("POST", "/v1beta1/publishers/google/models/{model}:predict")
    def express(self, asked: Asked, model: str) -> Reply:
        key = asked.headers.get("x-goog-api-key", "")
        if not key or "wrong" in key:
            return error(401, "UNAUTHENTICATED", f"API keys are not supported or not valid: {key}")
        return self._predict(asked, model)

    @route("POST", "/v1/projects/{project}/locations/{location}/publishers/google/models/{model}:predict")
    def regional(self, asked: Asked, project: str, location: str, model: str) -> Reply:
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        return self._predict(asked, model)

    def _predict(self, asked: Asked, model: str) -> Reply:
        if not model.startswith("virtual-try-on"):
            return error(404, "NOT_FOUND", f"Publisher Model `{model}` was not found")
        body = asked.json or {}
        one = (body.get("instances") or [{}])[0]
        parameters: dict[str, Any] = body.get("parameters") or {}
        unknown = sorted(set(parameters) - PARAMETERS)
        if unknown:
            return error(400, "INVALID_ARGUMENT", f"unknown parameter {unknown[0]}")
        if "seed" in parameters and parameters.get("addWatermark", True):
            return error(400, "INVALID_ARGUMENT", "seed is not supported when watermark is enabled")
        products = one.get("productImages") or []
        pictures = [one.get("personImage"), *products]
        data = [((picture or {}).get("image") or {}).get("bytesBase64Encoded", "") for picture in pictures]
        seen = [self.seen(text.replace("-", "+").replace("_", "/")) for text in data]
        if len(products) != 1 or not all(seen):
            return error(400, "INVALID_ARGUMENT", "Image is missing or cannot be read.")
        work = self.begin(asked)
        work.ended = True
        if work.fault is not None:
            self.charges = [charge for charge in self.charges if charge.work != work.id]
            return work.fault
        made = {"mimeType": "image/png", "bytesBase64Encoded": base64.b64encode(work.result).decode()}
        return Reply(200, {self.form: [made]}, delay=self.seconds)


VENDOR = Vertex
