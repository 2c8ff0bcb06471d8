"""Every error that mlxtui raises on purpose.

MlxTuiError
├── InvalidParameter    a request's parameter is out of its range
├── HubError            the model hub does not answer, or says no
│   ├── RepositoryNotFound  no such repository, revision or file
│   ├── AccessDenied    gated, private, or a token that is not valid
│   └── Offline         no network is wanted, or there is none
├── JobRefused          a plan that cannot be carried out
│   └── DiskFull        too little room for it
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


class HubError(MlxTuiError):
    """The model hub does not answer, answers nonsense, or refuses."""


class RepositoryNotFound(HubError):
    """No such repository, revision or file, as far as this token may know."""


class AccessDenied(HubError):
    """A licence is to be accepted first, or the token is missing or not valid."""


class Offline(HubError):
    """The network is switched off in the settings, or not there."""


class JobRefused(MlxTuiError):
    """A job that cannot be done as asked."""


class DiskFull(JobRefused):
    """Too little room on the disk."""


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
