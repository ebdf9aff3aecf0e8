"""The embedded provider: classical picture work on this machine, no account, no network, no learned model."""
