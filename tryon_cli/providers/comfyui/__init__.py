"""ComfyUI: a server of one's own, with any workflow."""
