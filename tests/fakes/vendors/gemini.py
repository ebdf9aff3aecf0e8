"""Gemini's generateContent as Google's SDK sends and reads it."""

from __future__ import annotations

import base64
from typing import Any

from vendors.server import Asked, Reply, Vendor, route

CONFIG = {"responseModalities", "imageConfig", "seed", "temperature", "topP"}


def error(code: int, status: str, text: str, *details: dict[str, Any]) -> Reply:
    """As Google words it."""
    return Reply(code, {"error": {"code": code, "message": text, "status": status, "details": list(details)}})


def without(reason: str, text: str = "", tokens: int = 0) -> Reply:
    """A good answer that holds no picture."""
    candidate = {
        "content": {"parts": [{"text": text}] if text else [], "role": "model"},
        "finishReason": reason,
    }
    return Reply(200, {"candidates": [candidate], "usageMetadata": _usage(1400, 0, tokens)})


def _usage(prompt: int, words: int, picture: int) -> dict[str, Any]:
    details = [{"modality": "IMAGE", "tokenCount": picture}] if picture else []
    return {
        "promptTokenCount": prompt,
        "candidatesTokenCount": words + picture,
        "candidatesTokensDetails": details,
        "totalTokenCount": prompt + words + picture,
    }


class Gemini(Vendor):
    """generativelanguage.googleapis.com; end_with takes a Reply."""

    NAME = "gemini"
    PAID = "POST /v1beta/models/{model}:generateContent"
    PRICE = 0.067

    @route("POST", "/v1beta/models/{model}:generateContent")
    def generate(self, asked: Asked, model: str) -> Reply:
        key = asked.headers.get("x-goog-api-key", "")
        if not key or "wrong" in key:
            return self._key(key)
        if "image" not in model:
            return error(404, "NOT_FOUND", f"models/{model} is not found for API version v1beta")
        body = asked.json or {}
        parts = [part for one in body.get("contents") or () for part in one.get("parts") or ()]
        config = body.get("generationConfig") or {}
        unknown = sorted(set(config) - CONFIG)
        if unknown:
            text = f"Invalid JSON payload received. Unknown name \"{unknown[0]}\" at 'generation_config'"
            return error(400, "INVALID_ARGUMENT", text)
        # bytes in Google's JSON may come in either alphabet; the library sends the one for addresses
        texts = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
        seen = [self.seen(text.replace("-", "+").replace("_", "/")) for text in texts]
        if not seen or None in seen:
            return error(400, "INVALID_ARGUMENT", "Unable to process input image.")
        if not any(part.get("text") for part in parts) or "IMAGE" not in config.get("responseModalities", ()):
            return error(400, "INVALID_ARGUMENT", "nothing to do")
        work = self.begin(asked)
        work.ended = True
        if work.fault is not None:
            self.charges = [charge for charge in self.charges if charge.work != work.id]
            return work.fault
        made = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(work.result).decode()}}
        content = {"role": "model", "parts": [{"text": "Here is the picture."}, made]}
        usage = {**_usage(1120 * len(seen) + 150, 10, 1120), "thoughtsTokenCount": 300}
        reply = {"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage}
        return Reply(200, reply, delay=self.seconds)

    @route("POST", "/v1/models/{model}:generateContent")
    def generate_v1(self, asked: Asked, model: str) -> Reply:
        return self.generate(asked, model)

    def _key(self, key: str) -> Reply:
        if not key:
            return error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.")
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        return error(400, "INVALID_ARGUMENT", f"API key not valid: {key}. Please pass a valid API key.", info)


VENDOR = Gemini
