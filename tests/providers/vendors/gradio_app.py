"""A real Gradio app with endpoints shaped like the public try-on demos. Started by test_real_gradio.py; no test.

Prints its address, and writes what each endpoint was given to the file named on the command line.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import gradio as gr
from PIL import Image, ImageOps

SEEN = sys.argv[1]


def note(name: str, *values: Any) -> None:
    with open(SEEN, "a", encoding="utf-8") as file:
        file.write(json.dumps([name, *values]) + "\n")


def about(image: Any) -> list[Any]:
    """Size, and whether it is of one single colour."""
    low_high = image.convert("L").getextrema()
    return [*image.size, low_high[0] == low_high[1]]


def dressed(person: Image.Image, garment: Image.Image) -> Image.Image:
    out = person.convert("RGB").copy()
    out.paste(
        garment.convert("RGB").resize((out.width // 3, out.height // 3)), (out.width // 3, out.height // 3)
    )
    return out


STEPS = gr.Progress()
"""Gradio finds it as a default value and tells the steps of the call that uses it."""


def submit_function(
    person_image,
    cloth_image,
    cloth_type,
    num_inference_steps,
    guidance_scale,
    seed,
    show_type,
    progress=STEPS,
):
    """CatVTON: reads layers[0] before it looks whether there is one."""
    mask = person_image["layers"][0]
    note("catvton", about(person_image["background"]), about(mask), about(cloth_image), cloth_type,
         num_inference_steps, guidance_scale, seed, show_type)  # fmt: skip
    if seed == 13:
        raise gr.Error("You have exceeded your GPU quota (60s requested vs. 3s left). Try again in 0:01:40")
    if seed == 14:
        raise ValueError("a bug of the app")
    for step in range(3):
        progress((step + 1, 3), desc="denoising")
        time.sleep(0.02)
    while seed == 15:
        time.sleep(0.1)
    return dressed(person_image["background"], cloth_image)


def leffa_predict_vt(src_image_path, ref_image_path, ref_acceleration, step, scale, seed, vt_model_type,
                     vt_garment_type, vt_repaint):  # fmt: skip
    with Image.open(src_image_path) as person, Image.open(ref_image_path) as garment:
        person.load(), garment.load()
        note("leffa", about(person), about(garment), ref_acceleration, step, scale, seed, vt_model_type,
             vt_garment_type, vt_repaint)  # fmt: skip
        made = dressed(person, garment)
    return made, ImageOps.invert(made), made


def tryon(dict, garm_img, garment_des, is_checked, is_checked_crop, denoise_steps, seed):
    """IDM-VTON: everybody becomes 768 x 1024, whatever their shape was."""
    person = dict["background"].convert("RGB").resize((768, 1024))
    note("idm", about(dict["background"]), about(garm_img), garment_des, is_checked, is_checked_crop,
         denoise_steps, seed)  # fmt: skip
    return dressed(person, garm_img), person


def process_dc(vton_img, garm_img, category, n_samples, n_steps, image_scale, seed):
    note("ootd", vton_img.rpartition("/")[2], category, n_samples, n_steps, image_scale, seed)
    with Image.open(vton_img) as person, Image.open(garm_img) as garment:
        return [dressed(person, garment)]


with gr.Blocks() as app:
    image, number, text, box = gr.Image, gr.Number, gr.Textbox, gr.Checkbox
    gr.Interface(
        submit_function,
        [
            gr.ImageEditor(type="pil"),
            image(type="pil"),
            gr.Radio(["upper", "lower", "overall"]),
            gr.Slider(10, 100, step=5),
            gr.Slider(0.0, 7.5, step=0.5),
            gr.Slider(-1, 10000, step=1),
            gr.Radio(["result only", "input & result", "input & mask & result"]),
        ],
        image(type="pil"),
        api_name="submit_function",
    )
    gr.Interface(
        leffa_predict_vt,
        [
            image(type="filepath"),
            image(type="filepath"),
            gr.Radio([True, False]),
            number(),
            number(),
            number(),
            gr.Radio(["viton_hd", "dress_code"]),
            gr.Radio(["upper_body", "lower_body", "dresses"]),
            gr.Radio([True, False]),
        ],
        [image(), image(), image()],
        api_name="leffa_predict_vt",
    )
    gr.Interface(
        tryon,
        [gr.ImageEditor(type="pil"), image(type="pil"), text(), box(), box(), number(), number()],
        [image(type="pil"), image(type="pil")],
        api_name="tryon",
    )
    gr.Interface(
        process_dc,
        [
            image(type="filepath"), image(type="filepath"), gr.Dropdown(["Upper-body", "Lower-body", "Dress"]),
            number(), number(), number(), number(),
        ],
        gr.Gallery(), api_name="process_dc",
    )  # fmt: skip

if __name__ == "__main__":
    app.queue(max_size=3).launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, share=False)
    print(app.local_url, flush=True)
    sys.stdin.read()  # until the test lets go
