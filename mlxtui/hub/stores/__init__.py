"""The models of other programs, which are read where they lie and never changed."""
