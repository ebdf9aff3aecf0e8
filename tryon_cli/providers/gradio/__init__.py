"""Any app on Gradio, by its endpoint."""
