"""Makes models of other models: conversion and quantization, tensor by tensor.

`work.make_model` needs MLX and belongs to the engine thread; `unfinished.discard` and
`made.Made` need none.
"""
