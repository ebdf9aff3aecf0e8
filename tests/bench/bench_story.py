"""The story that this tool answers, at 1:100 of its time: a serial chain that polls, against `tryon run`.

    python tests/bench/bench_story.py [--quick]

Stylize 150-300 ms, try-on 200-400 ms, face swap 100-200 ms, asked about every 30 ms; 1 and 100 pairs; 1, 2 and 4
variants. The script does what the web product did: for each picture one step after the other, everything anew, the
pictures as base64 in each call. 100 pairs are 20 people in 5 garments each, as shops have them. The makespan is
measured at the service. Goal: with variants at least 50 to 60 % less, and more than 10 pairs in flight.
"""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import httpx
from bench_http_run import ours
from PIL import Image
from service import Away, png

SPANS = {"stylize": [0.15, 0.3], "try-on": [0.2, 0.4], "face-swap": [0.1, 0.2]}
POLL = 0.03
ROLES = {"stylize": ("human",), "try-on": ("human", "garment"), "face-swap": ("image", "face")}


def settings(url: str) -> str:
    """The service as jobs that are asked about."""
    lines = [f'[providers.bench]\nprovider = "http"\nbase_url = "{url}"\nslots = 64\nvariants = 8\n']
    for stage, roles in ROLES.items():
        fields = ", ".join(f'{role} = "{{{role}}}"' for role in roles)
        lines.append(
            f'[providers.bench.tasks.{stage}]\nprice = 0\npath = "/jobs/{stage}"\nid = "id"\noutput = "url"\n'
            f'status = {{ path = "/jobs/{{id}}", at = "status", done = ["done"], failed = ["no"], wait = {POLL} }}\n'
            f'json = {{ {fields}, variant = "{{variant}}" }}\n'
        )
    return "".join(lines)


@cache
def person(name: str) -> bytes:
    """Somebody with a face, and a corner of his own for each name: nobody pays for a swap where no face is."""
    sample = Path(__file__).parents[2] / "samples/people/dev.jpg"
    picture = Image.open(sample).convert("RGB").resize((180, 240))
    picture.paste(tuple(hashlib.sha256(name.encode()).digest()[:3]), (0, 0, 4, 4))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def pairs_of(count: int) -> list[tuple[str, str]]:
    return [(f"human {n // 5}", f"garment {n % 5}") for n in range(count)]


def shop(folder: Path, url: str, pairs: list[tuple[str, str]]) -> None:
    (folder / "p").mkdir(parents=True)
    rows = ["human,garment,category"]
    for human, garment in pairs:
        (folder / f"p/{human}.png").write_bytes(person(human))
        (folder / f"p/{garment}.png").write_bytes(png(garment))
        rows.append(f"p/{human}.png,p/{garment}.png,upper")
    (folder / "m.csv").write_text("\n".join(rows) + "\n")
    (folder / "tryon.toml").write_text(settings(url))


def serially(url: str, pairs: list[tuple[str, str]], variants: int) -> None:
    """What the web product did."""
    client = httpx.Client(timeout=30)

    def job(stage: str, **pictures: bytes) -> bytes:
        body = {role: base64.b64encode(data).decode() for role, data in pictures.items()}
        name = client.post(f"{url}/jobs/{stage}", json=body).json()["id"]
        while (state := client.get(f"{url}/jobs/{name}").json())["status"] != "done":
            time.sleep(POLL)
        return client.get(state["url"]).content

    for human, garment in pairs:
        for _ in range(variants):
            scene = job("stylize", human=person(human))
            dressed = job("try-on", human=scene, garment=png(garment))
            job("face-swap", image=dressed, face=person(human))


def main(quick: bool) -> None:
    cases = [(1, 1), (1, 4), (100, 1)] if quick else [(p, v) for p in (1, 100) for v in (1, 2, 4)]
    print("pairs  variants   serial script      tryon   less by   at once   calls")
    with Away() as service, tempfile.TemporaryDirectory() as place:
        for pairs, variants in cases:
            wanted = pairs_of(pairs)
            service.reset(SPANS, 1)
            # a long serial run is measured on a tenth of it: it has no state that could make it faster or slower
            part = wanted[: max(1, pairs // 10)]
            serially(service.url, part, variants)
            seen = service.seen()
            serial = (seen["last"] - seen["first"]) * len(wanted) / len(part)
            folder = Path(place) / f"{pairs}-{variants}"
            shop(folder, service.url, wanted)
            service.reset(SPANS, 1)
            ours(folder, "--face", "swap", "--variants", str(variants), provider="extract-face=local,bench")
            seen = service.seen()
            took = seen["last"] - seen["first"]
            print(
                f"{pairs:>5}{variants:>10}{serial:>14.2f} s{took:>9.2f} s{100 * (1 - took / serial):>8.0f} %"
                f"{seen['most']:>10}{seen['requests']['POST /jobs']:>8}"
            )


if __name__ == "__main__":
    main("--quick" in sys.argv)
