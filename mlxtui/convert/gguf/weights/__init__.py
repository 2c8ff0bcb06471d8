"""GGUF tensors as MLX's: which form a type takes, and how its bytes become it.

`forms.form_of` chooses from the type alone, before anything is read, and
`rows.convert_rows` decodes rows into what it chose. To add a type: its form in
`packed_forms`, its decoder in the module of its kind (`legacy`, `k_types`, `iq_types`,
`ternary_types`, `fp4_types`, or `halves` for those without an exact form), named in
`decoding`.
"""
