"""What the Jobs drawer is called, and what can be done in it."""

from typing import ClassVar

from mlxtui.i18n import N_
from mlxtui.ui.actions import Action
from mlxtui.ui.place_info import PlaceInfo


class JobsInfo(PlaceInfo):
    """The names and actions of the drawer.

    Its letters are keys of its list, which has them while it has the focus.
    """

    NAME = "jobs"
    TITLE = N_("Jobs")
    PURPOSE = N_("What is fetched and converted: running, stopped, ended")
    KEY = "f7"
    HELP: ClassVar[str | None] = N_(
        "Every download, conversion and quantization is a job. Jobs go on behind every"
        " place; Tab leaves the list open and goes back to the place, F7 and Esc close"
        " it.\n"
        "p lets a job pause: nothing that it has made so far is lost, and p lets it go"
        " on. When mlxtui ends, its jobs stop as they stand; at the next start they can"
        " go on.\n"
        "● runs, ○ waits, ‖ is paused, ▲ was interrupted, ✓ is finished, ✗ has failed,"
        " – was cancelled. Downloads run side by side, everything else one at a time."
    )
    ACTIONS = (
        Action(
            name="jobs.open",
            title=N_("Go on"),
            meaning=N_("Chat with what a job has made, or let a stopped job go on"),
            keys="enter",
            slash="job",
            argument=N_("NAME"),
            in_key_line=True,
        ),
        Action(
            name="jobs.pause",
            title=N_("Pause"),
            meaning=N_("Let the job under the cursor pause, or a paused one go on"),
            keys="p,space",
            slash="pause",
            argument=N_("NAME"),
            in_key_line=True,
            types_text=True,
        ),
        Action(
            name="jobs.cancel",
            title=N_("Cancel"),
            meaning=N_("End the job under the cursor for good"),
            keys="x",
            slash="cancel",
            argument=N_("NAME"),
            in_key_line=True,
            types_text=True,
        ),
        Action(
            name="jobs.retry",
            title=N_("Retry"),
            meaning=N_("Try a job again that has failed or was cancelled"),
            keys="r",
            slash="retry",
            argument=N_("NAME"),
            in_key_line=True,
            types_text=True,
        ),
        Action(
            name="jobs.log",
            title=N_("Log"),
            meaning=N_("Read what the job under the cursor wrote down"),
            keys="l",
            slash="log",
            argument=N_("NAME"),
            in_key_line=True,
            types_text=True,
        ),
        Action(
            name="jobs.forget",
            title=N_("Forget"),
            meaning=N_("Take a job that has ended off the list; its model stays"),
            keys="d,delete",
            slash="forget",
            argument=N_("NAME"),
            in_key_line=True,
            types_text=True,
        ),
        Action(
            name="jobs.leave",
            title=N_("Back"),
            meaning=N_("Leave the jobs in sight and go back to the open place"),
            keys="tab",
        ),
        Action(
            name="jobs.close",
            title=N_("Close"),
            meaning=N_("Put the jobs away; they go on"),
            keys="escape",
            in_key_line=True,
        ),
    )
    WIDGET = "mlxtui.ui.widgets.jobs_drawer:JobsDrawer"
