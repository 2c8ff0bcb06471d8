"""The parts of the local Hugging Face hub that tests talk to."""
