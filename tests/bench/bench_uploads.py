"""What is sent for 788 rows of 61 people and 40 garments: uploads, and base64 with a bucket of one's own.

    python tests/bench/bench_uploads.py [--quick]

First through fal, which keeps uploads (goal: 101 of them, where a call with its pictures inside sends 1,576), then
through FASHN, which keeps none, with a bucket ([assets]) on a server that speaks S3: goal 0 bytes of base64.
"""

from __future__ import annotations

import logging
import re
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "fakes"))
sys.path.insert(0, str(Path(__file__).parent))

from bench_http_run import ours
from vendors.pictures import picture
from vendors.server import FakeServer, Vendor

PEOPLE, GARMENTS, ROWS = 61, 40, 788


def shop(folder: Path, rows: int) -> None:
    (folder / "p").mkdir(parents=True)
    for kind, count in (("h", PEOPLE), ("g", GARMENTS)):
        for n in range(count):
            (folder / f"p/{kind}{n}.png").write_bytes(picture(f"{kind}{n}".encode(), (300, 400)))
    # every person and every garment, spread as far as the rows reach
    pairs = sorted((n * 7919 % (PEOPLE * GARMENTS), n) for n in range(PEOPLE * GARMENTS))[:rows]
    lines = [f"p/h{n % PEOPLE}.png,p/g{n // PEOPLE}.png,upper" for _, n in pairs]
    (folder / "m.csv").write_text("human,garment,category\n" + "\n".join(lines) + "\n")


@contextmanager
def s3() -> Iterator[str]:
    """A server that speaks S3, with the bucket "pictures"."""
    from moto import server
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = server.DomainDispatcherApplication(server.create_backend_app)
    http = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{http.server_port}"
    urllib.request.urlopen(urllib.request.Request(f"{url}/pictures", method="PUT")).close()
    yield url
    http.shutdown()


def run(fake: Vendor, place: Path, settings: str, rows: int) -> None:
    fake.polls = 0
    shop(place, rows)
    key = place / "key"
    key.write_text("k-0123456789")
    key.chmod(0o600)
    (place / "config/tryon").mkdir(parents=True)
    (place / "config/tryon/config.toml").write_text(settings.format(url=fake.url, key=key))
    options = ("--pipeline", "tryon-only", "--max-cost", "200", "--max-rows", "5000")
    ours(place, *options, provider=fake.NAME)


def main(quick: bool) -> None:
    rows = 200 if quick else ROWS
    base = '[providers.{name}]\nbase_url = "{{url}}"\napi_key_file = "{{key}}"\nslots = 16\nper_minute = 0\n'
    with FakeServer() as server, tempfile.TemporaryDirectory() as place, s3() as bucket:
        fal = server["fal"]
        more = 'rest_url = "{url}/rest"\n'
        run(fal, Path(place) / "fal", base.format(name="fal") + more, rows)
        puts = [asked for asked in fal.log if asked.method == "POST" and "upload" in asked.path]
        print(
            f"{rows} rows through fal: {len(puts)} uploads ({2 * rows} pictures named), {len(fal.charges)} charges"
        )
        fashn = server["fashn"]
        assets = (
            f'[assets]\nurl = "s3://pictures/x"\nendpoint = "{bucket}"\nregion = "us-east-1"\n'
            'access_key_id = "a"\nsecret_access_key = "b"\n'
        )
        run(fashn, Path(place) / "fashn", base.format(name="fashn") + assets, rows)
        calls = fashn.asked(fashn.PAID)
        inline = sum(
            len(found) for asked in calls for found in re.findall(rb"base64,[A-Za-z0-9+/=]+", asked.body)
        )
        size = sum(len(asked.body) for asked in calls) / max(1, len(calls))
        print(f"{rows} rows through FASHN with a bucket: {inline} bytes of base64, {size:.0f} bytes a call")


if __name__ == "__main__":
    main("--quick" in sys.argv)
