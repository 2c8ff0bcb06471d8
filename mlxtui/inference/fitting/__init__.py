"""Bits for each layer, so that a model fits into a number of bytes at its best."""
