"""The sample pictures' drawing kit: outlines, light, people and clothes. Knows nothing of try-on."""
