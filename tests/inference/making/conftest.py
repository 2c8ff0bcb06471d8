"""A disk that fills up while a model is made."""

from tests.model_writer.stops import small_disk as small_disk
