"""The face swap at RapidAPI as the original product used it. No SDK exists."""

from __future__ import annotations

from vendors.pictures import decodes
from vendors.server import Asked, Reply, Vendor, route


class FaceSwap(Vendor):
    """ai-face-swap2.p.rapidapi.com."""

    NAME = "faceswap"
    PAID = "POST /public/process/files"
    PRICE = 0.01

    @route("POST", "/public/process/files")
    def process(self, asked: Asked) -> Reply:
        if "x-rapidapi-key" not in asked.headers or "wrong" in asked.headers["x-rapidapi-key"]:
            return Reply(403, {"message": "You are not subscribed to this API."})
        if "x-rapidapi-host" not in asked.headers:
            return Reply(400, {"message": "x-rapidapi-host is missing"})
        parts = {part.name: part for part in asked.parts}
        for name in ("source", "target"):
            if name not in parts or not decodes(parts[name].data):
                return Reply(400, {"message": f"{name} is not a picture"})
        work = self.begin(asked, seed=parts["source"].data + parts["target"].data)
        work.ended = True
        if work.fault is not None:
            self.charges.pop()
            return Reply(200, {"message": work.fault}, delay=self.seconds)
        return Reply(200, {"file_url": self.address(work.result)}, delay=self.seconds)


VENDOR = FaceSwap
