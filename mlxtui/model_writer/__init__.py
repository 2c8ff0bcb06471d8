"""Writes the folder of a new model: bytes only, streamed, whole or not there."""
