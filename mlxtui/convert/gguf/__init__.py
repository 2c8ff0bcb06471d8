"""GGUF files become MLX folders; the weights faithfully, or to the last bit.

The way of a file:

1. `groups` finds the files that belong together, `header` (with `walk`) reads what each
   says of itself, `parts` holds the parts of a split one against each other.
2. `files.look_at_gguf` tells what it is (`purpose`) and what there is to choose from
   (`choices`), here or on the hub. It is the only way in for those who only look.
3. `new_model` says what the file becomes, from a `Described` file alone: an
   `architectures` module gives config.json and, as `NewTensor`, the weights by mlx-lm's
   names; `weights.forms` gives the form of each. A file is described from ranges of any
   source (`source_description`), or opened and mapped (`opened`).
4. `importing` writes the folder: `import_plan` has all that is known before a weight is
   read, with the files of `tokenizer`; `new_weights` takes the rows (`row_source`)
   through `weights.rows` to the disk; `import_card` and `type_table` tell of it.

Folders: `architectures` (its docstring says how to add one), `tokenizer`
(`word_splits` and `families` say how to add a kind or a template), `weights`.
"""
