"""ComfyUI on the played server, WebSocket included: the contract of every service, and what is its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from remote import FACE, GARMENT, HUMAN, TOKEN, Remembered, RemoteContract, Told, job
from vendors.server import Vendor, instead

from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Pending, Remote, Ticket
from tryon_cli.providers.comfyui import provider
from tryon_cli.providers.comfyui.provider import ComfyUi
from tryon_cli.providers.comfyui.workflow import Workflow

GRAPH = Path(__file__).with_name("tryon_workflow.json")
INPUTS = {
    "human": "human", "garment": "garment.image", "seed": "sampler.seed", "prompt": "text.text", "steps": "sampler",
    "category": "20.cloth_type",
}  # fmt: skip
VALUES = {"category": {"dress": "overall"}}
OOM = {
    "exception_type": "torch.OutOfMemoryError", "exception_message": "Allocation on device", "node_id": "20",
}  # fmt: skip


def ends(**error: str) -> Callable[[Vendor], None]:
    return lambda vendor: vendor.end_with({"node_id": "20", **error})


class TestComfyUi(RemoteContract):
    vendor = "comfyui"
    free = True
    jobs = (job("try-on", human=HUMAN, garment=GARMENT, category="upper"),)
    told = (
        Told("no face", FaultKind.INPUT, ends(exception_type="Exception", exception_message="No face\nfound"), "watch"),
        Told("out of memory", FaultKind.TRANSIENT, lambda v: v.end_with(OOM), "watch"),
        Told("stopped there", FaultKind.TRANSIENT, lambda v: v.end_with("interrupted"), "watch"),
        Told("a model is missing", FaultKind.CONFIG, ends(exception_type="FileNotFoundError"), "watch"),
        Told("bad input", FaultKind.CONFIG, lambda v: None, "submit", options={
            "inputs": {**INPUTS, "category": "sampler.seed"}}),
        Told("the output is dropped", FaultKind.CONFIG, lambda v: setattr(v, "drops", ["90"]), "submit"),
        Told("nothing saved", FaultKind.CONFIG, lambda v: None, "watch", options={"output": "text"}),
        Told("restarted", FaultKind.LOST, lambda v: v.always("GET /queue", instead(200, {
            "queue_running": [], "queue_pending": []})), "watch"),
        Told("a sick gate", FaultKind.TRANSIENT, lambda v: v.always("GET /queue", instead(502, "<html>")), "watch"),
    )  # fmt: skip
    never = frozenset({FaultKind.THROTTLED, FaultKind.CONTENT, FaultKind.ACCOUNT})

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> ComfyUi:
        options = {"inputs": INPUTS, "output": "output", "values": VALUES, **options}
        return ComfyUi(name, base_url=fake.url, workflow=str(GRAPH), **options)

    # ------------------------------------------------------------------ what is sent
    def test_the_graph_is_filled_by_title_and_number(self, remote: Remote, fake: Vendor) -> None:
        asked = job(
            "try-on",
            human=HUMAN,
            garment=GARMENT,
            category="dress",
            seed=7,
            variant=2,
            prompt="red",
            **{"opt.mine.steps": 9},
        )
        call = remote.prepare(asked, TOKEN)
        graph = call.json["prompt"]
        assert graph["10"]["inputs"]["image"] == f"{digest_of(HUMAN)}.png"
        assert graph["11"]["inputs"]["image"] == f"{digest_of(GARMENT)}.png"
        assert graph["20"]["inputs"]["seed"] == 9 and graph["20"]["inputs"]["steps"] == 9
        assert graph["20"]["inputs"]["cloth_type"] == "overall" and graph["20"]["inputs"]["cfg"] == 2.5
        assert "red." in graph["12"]["inputs"]["text"] and graph["12"]["inputs"]["clip"] == ["20", 1]
        assert json.loads(GRAPH.read_text())["20"]["inputs"]["seed"] == 42 != graph["20"]["inputs"]["seed"]

    def test_each_variant_has_a_seed_of_its_own(self, remote: Remote) -> None:
        """Else the server answers with the same picture at once."""
        keys = [digest_of(bytes([n])) for n in range(3)]
        calls = [remote.prepare(job("try-on", key, human=HUMAN, garment=GARMENT), TOKEN) for key in keys]
        assert len({call.json["prompt"]["20"]["inputs"]["seed"] for call in calls}) == 3

    def test_a_picture_is_uploaded_once(self, new: Callable[..., Remote], fake: Vendor) -> None:
        for other in (GARMENT, FACE):
            new().prepare(job("try-on", human=HUMAN, garment=other), TOKEN)
        assert sorted(
            part.file for a in fake.asked("POST /upload/image") for part in a.parts if part.file
        ) == sorted(f"{digest_of(data)}.png" for data in (HUMAN, GARMENT, FACE))

    def test_a_name_that_is_taken_by_another_picture_is_no_trouble(
        self, remote: Remote, fake: Vendor
    ) -> None:
        fake.inputs[f"{digest_of(HUMAN)}.png"] = GARMENT  # type: ignore[attr-defined]
        call = remote.prepare(self.jobs[0], TOKEN)
        assert call.json["prompt"]["10"]["inputs"]["image"] == f"{digest_of(HUMAN)} (1).png"

    def test_p24_pictures_that_the_server_has_lost_are_sent_again(self, remote: Remote, fake: Vendor) -> None:
        call = remote.prepare(self.jobs[0], TOKEN)
        fake.inputs.clear()  # type: ignore[attr-defined]
        with pytest.raises(Fault) as caught:
            remote.submit(call)
        assert caught.value.kind is FaultKind.LOST and not fake.charges
        assert isinstance(remote.submit(remote.prepare(self.jobs[0], TOKEN)), Ticket)

    def test_a_refusal_names_the_users_node(self, new: Callable[..., Remote], fake: Vendor) -> None:
        remote = new(inputs={**INPUTS, "category": "sampler.seed"})
        with pytest.raises(Fault) as caught:
            remote.submit(remote.prepare(self.jobs[0], TOKEN))
        text = caught.value.text
        assert text == "mine: node 'sampler': Failed to convert an input value: seed, upper, invalid literal"

    def test_a_missing_node_type_is_said(
        self, new: Callable[..., Remote], tmp_path: Path, fake: Vendor
    ) -> None:
        path = tmp_path / "x.json"
        path.write_text(GRAPH.read_text().replace("CatVTONWrapper", "NotInstalled"))
        remote = ComfyUi("mine", base_url=fake.url, workflow=str(path), inputs=INPUTS, output="output")
        with pytest.raises(Fault, match="NotInstalled does not exist") as caught:
            remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert caught.value.kind is FaultKind.CONFIG

    def test_our_id_is_the_jobs_id(self, remote: Remote, fake: Vendor) -> None:
        ticket = submitted(remote)
        assert fake.asked("POST /prompt")[0].json["prompt_id"] == ticket.id == next(iter(fake.works))

    def test_an_older_server_names_the_job_itself(self, remote: Remote, fake: Vendor) -> None:
        fake.own_ids = True  # type: ignore[attr-defined]
        ticket = submitted(remote)
        assert ticket.id.startswith("server-")
        *states, done = remote.watch(ticket)
        assert "step 3 of 3" in [state.note for state in states if isinstance(state, Pending)], (
            "it tells our client"
        )
        assert isinstance(done, Done) and remote.fetch(done)

    # ------------------------------------------------------------------ how it is watched
    def test_steps_are_pushed_and_nothing_is_polled(self, remote: Remote, fake: Vendor) -> None:
        states = list(remote.watch(submitted(remote)))
        told = [(state.note, state.part) for state in states if isinstance(state, Pending)]
        assert told[0] == ("running", None), "what the server says when it is asked once, after connecting"
        assert ("look", None) in told, "the title of the node at work"
        assert [one for one in dict.fromkeys(told) if one[0].startswith("step")] == [
            ("step 1 of 3", pytest.approx(1 / 3)), ("step 2 of 3", pytest.approx(2 / 3)), ("step 3 of 3", 1.0),
        ]  # fmt: skip
        assert all(state.wait == 0 for state in states if isinstance(state, Pending))
        # once on connecting, once at the end
        assert len(fake.asked("GET /history/{id}")) == 2 and len(fake.asked("GET /queue")) == 1

    def test_a_job_that_ended_before_we_listened_is_found(self, remote: Remote, fake: Vendor) -> None:
        ticket = submitted(remote)
        fake.works[ticket.id].ended = True
        assert [type(state) for state in remote.watch(ticket)] == [Done]

    @pytest.mark.parametrize("after", [0, 1, 3, 7, 13])
    def test_a_socket_that_breaks_is_no_loss(self, remote: Remote, fake: Vendor, after: int) -> None:
        fake.break_after = after  # type: ignore[attr-defined]
        *_, done = remote.watch(submitted(remote))
        assert isinstance(done, Done) and len(fake.charges) == 1

    def test_a_server_that_stays_silent_is_asked_now_and_then(
        self, remote: Remote, fake: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(provider, "TURN", 0.01)
        fake.silent = True  # type: ignore[attr-defined]
        *states, done = remote.watch(submitted(remote))
        assert isinstance(done, Done) and len(fake.asked("GET /history/{id}")) == 3
        assert len(states) > 2 * provider.LOOK, "in between, whoever watches may look around"

    def test_without_a_socket_the_server_is_asked(self, remote: Remote, fake: Vendor) -> None:
        fake.sockets = False  # type: ignore[attr-defined]
        *states, done = remote.watch(submitted(remote))
        assert (
            isinstance(done, Done) and all(isinstance(s, Pending) and s.wait > 0 for s in states) and states
        )

    def test_without_the_package_the_server_is_asked(
        self, remote: Remote, fake: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("websockets.sync.client", "websockets.exceptions"):
            monkeypatch.setitem(sys.modules, name, None)
        *_, done = remote.watch(submitted(remote))
        assert isinstance(done, Done) and not fake.asked("GET /ws")

    def test_the_place_in_the_queue_is_told(self, remote: Remote, fake: Vendor) -> None:
        fake.polls = 99
        tickets = [submitted(remote, TOKEN + str(n)) for n in range(3)]
        states = [remote.poll(ticket) for ticket in tickets]
        assert [s.note for s in states if isinstance(s, Pending)] == ["running", "queue 1", "queue 2"]

    # ------------------------------------------------------------------ how it ends
    def test_the_wanted_picture_comes_from_the_output_node(self, remote: Remote, fake: Vendor) -> None:
        *_, done = remote.watch(submitted(remote))
        assert isinstance(done, Done) and "filename=output_90_" in done.url
        assert remote.fetch(done) == next(iter(fake.works.values())).result

    def test_a_graph_that_is_too_large_twice_is_not_tried_a_third_time(
        self, remote: Remote, fake: Vendor
    ) -> None:
        fake.end_with(OOM, OOM)
        kinds = []
        for token in (TOKEN + "1", TOKEN + "2"):
            ticket = submitted(remote, token)
            for _ in range(2):  # asking twice about the same job changes nothing
                with pytest.raises(Fault) as caught:
                    list(remote.watch(ticket))
            kinds.append(caught.value.kind)
        assert kinds == [FaultKind.TRANSIENT, FaultKind.INPUT]
        assert fake.asked("POST /free"), "memory is freed before it is tried again"

    def test_a_failure_says_where(self, remote: Remote, fake: Vendor) -> None:
        fake.end_with(
            {"exception_type": "ValueError", "exception_message": "No face\nfound", "node_id": "20"}
        )
        with pytest.raises(Fault) as caught:
            list(remote.watch(submitted(remote)))
        assert (
            caught.value.text == "mine: No face found (in node 'sampler') [ValueError]" and caught.value.final
        )

    def test_only_our_own_job_is_stopped(self, remote: Remote, fake: Vendor) -> None:
        fake.polls = 99
        first, second = submitted(remote, TOKEN + "1"), submitted(remote, TOKEN + "2")
        remote.cancel(second)
        assert not fake.asked("POST /interrupt") and list(fake.works) == [first.id]
        remote.cancel(first)
        assert fake.stopped == [first.id]  # type: ignore[attr-defined]

    def test_p20_a_restarted_server_has_lost_the_job(self, remote: Remote, fake: Vendor) -> None:
        ticket = submitted(remote)
        fake.forget()
        with pytest.raises(Fault) as caught:
            list(remote.watch(ticket))
        assert caught.value.kind is FaultKind.LOST

    # ------------------------------------------------------------------ settings
    def test_another_workflow_is_another_question(
        self, new: Callable[..., Remote], fake: Vendor, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.json"
        path.write_text(GRAPH.read_text().replace("40", "41"))
        other = ComfyUi(
            "mine", base_url=fake.url, workflow=str(path), inputs=INPUTS, output="output", values=VALUES
        )
        assert other.offer.tasks != new().offer.tasks != new(values={}).offer.tasks
        assert ComfyUi("mine", base_url="http://else:1", workflow=str(GRAPH), inputs=INPUTS, output="output",
                       values=VALUES).offer.tasks == new().offer.tasks  # fmt: skip

    def test_uploads_belong_to_one_server(self, new: Callable[..., Remote], references: Remembered) -> None:
        elsewhere = ComfyUi(
            "mine", base_url="http://else:1", workflow=str(GRAPH), inputs=INPUTS, output="output"
        )
        assert elsewhere.terms.account != new().terms.account


def submitted(remote: Remote, token: str = TOKEN) -> Ticket:
    answer = remote.submit(remote.prepare(job("try-on", human=HUMAN, garment=GARMENT), token))
    assert isinstance(answer, Ticket)
    return answer


NODES = json.loads(GRAPH.read_text())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"inputs": {"human": "human"}}, "inputs names no place for garment"),
        ({"inputs": {**INPUTS, "seed": "sampler.sed"}}, "node 'sampler' has no input 'sed' (it has: image, "),
        ({"inputs": {**INPUTS, "human": "person", "garment": "cloth.image"}},
         "no node is called 'person' (for human); no node is called 'cloth' (for garment) (titles: human, "),
        ({"inputs": {**INPUTS, "human": "text"}}, "node 'text' has no input 'image' (it has: text, clip)"),
        ({"output": "end"}, "no node is called 'end' (for output)"),
        ({"output": ""}, "output is needed: 2 nodes save a picture"),
        ({"task": "dance"}, "task 'dance' is none of try-on, stylize, face-swap"),
        ({"graph": {"nodes": [], "links": []}}, 'use "Export (API)"'),
        ({"graph": {}}, "it holds no nodes"),
        ({"graph": {"1": {"inputs": {}}}}, "node 1 has no class_type"),
        ({"graph": {**NODES, "12": {**NODES["12"], "_meta": {"title": "human"}}}},
         "2 nodes are called 'human': use their numbers 10, 12"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_workflow_is_said_before_anything_runs(
    change: dict[str, Any], says: str
) -> None:
    told = {"graph": NODES, "task": "try-on", "inputs": INPUTS, "output": "output", **change}
    with pytest.raises(TypeError) as caught:
        Workflow(**told)
    assert says in str(caught.value)


def test_a_node_may_be_named_by_its_number_and_its_input_guessed() -> None:
    inputs = {"human": "10", "garment": "11", "seed": "sampler", "negative": "text"}
    flow = Workflow({k: v for k, v in NODES.items() if k != "30"}, "try-on", inputs, "")
    assert {name: tuple(spot) for name, spot in flow.spots.items()} == {
        "human": ("10", "image"), "garment": ("11", "image"), "seed": ("20", "seed"), "negative": ("12", "text"),
    }  # fmt: skip
    assert flow.output == "90"


@pytest.mark.parametrize(("text", "says"), [(None, "cannot be read: No such file"), ("{", "is no JSON")])
def test_a_file_that_is_no_workflow(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "flow.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(TypeError, match=says):
        ComfyUi("mine", workflow=str(path), inputs=INPUTS)
    with pytest.raises(TypeError, match="workflow is needed"):
        ComfyUi("mine")
