"""The nouns everybody shares. Imports nothing but the standard library and knows no other folder."""
