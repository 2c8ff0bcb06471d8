"""Every error that mlxtui raises on purpose.

MlxTuiError
├── InvalidParameter    a request's parameter is out of its range
├── ModelNotFound       no model, or several, under that name
├── ModelRefused        a folder that cannot be loaded, and why
│   └── ModelTooLarge   it does not fit in memory
├── PromptRefused       a prompt that this model cannot take
└── SettingsError       a settings file or value
"""


class MlxTuiError(Exception):
    """An error with a message for the user and a hint on what to do.

    Args:
        message: What is wrong, naming the thing; one line, in the user's language.
        hint: The next step; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidParameter(MlxTuiError):
    """A parameter outside its allowed range."""


class ModelNotFound(MlxTuiError):
    """No model of that name, or more than one."""


class ModelRefused(MlxTuiError):
    """A folder that is damaged, unsupported or not a language model."""


class ModelTooLarge(ModelRefused):
    """A model that does not fit into the memory that is free."""


class PromptRefused(MlxTuiError):
    """A prompt that is empty, too long, or that the chat template refuses."""


class SettingsError(MlxTuiError):
    """A settings file that cannot be read, or a value that is not allowed."""
