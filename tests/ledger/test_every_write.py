"""The ledger's disk fails, or the power goes, at its n-th write, sync, cut or removal: for every n."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
POWER = -1
FOR_EVER = 10**6


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("a C compiler is needed to come between SQLite and the disk")
    made = tmp_path_factory.mktemp("shim") / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", made, HERE / "disk_shim.c", "-ldl"], check=True)
    return made


@pytest.mark.parametrize(
    ("kind", "action", "times"),
    [
        ("idempotent", POWER, 1), ("lookup", POWER, 1), ("neither", POWER, 1), ("lookup", errno.EIO, 1),
        ("neither", errno.ENOSPC, 1), ("neither", errno.EIO, FOR_EVER), ("lookup", errno.ENOSPC, FOR_EVER),
    ],
)  # fmt: skip
def test_for_every_n(shim: Path, place: Path, kind: str, action: int, times: int) -> None:
    env = {**os.environ, "LD_PRELOAD": str(shim), "SHIM_DIR": str(place / "state")}
    ran = subprocess.run(
        [sys.executable, str(HERE / "disk_driver.py"), str(place), kind, str(action), str(times)],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["broken"] == []
    assert found["operations"] > 40, "the disk was not asked: the shim does not work here"
    bad = {"137"} if action == POWER else {"3"}
    assert bad & set(found["ends"]), found["ends"]
