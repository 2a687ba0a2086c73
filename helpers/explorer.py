"""Sliders that change a picture under the hand. Explained in notebooks/01-waveform.ipynb."""

import inspect
from contextlib import contextmanager
from dataclasses import replace

import comm
import ipywidgets
import numpy as np
import traitlets

from helpers import layouts, moments
from helpers.pictures import Picture
from helpers.player import Player

__all__ = ["Explorer", "explore"]

_NOTHING = inspect.Parameter.empty
_LIMITS = ("min", "max", "step")
# What else of a control the page shows.
_DESCRIBED = [*_LIMITS, "_options_labels", "description", "disabled"]


class Explorer(Player):
    """Sliders above, the live picture below.

    Attributes
    ----------
    controls : dict of str to control
        What each parameter stands at: a control of ipywidgets, with `value` and, where they apply, `min`, `max`, `step`
        and `options`. Setting a value moves the slider and changes the picture.

    Examples
    --------
    >>> sliders = explore(lambda size=4: np.eye(size), size=(1, 9))
    >>> type(sliders).__name__, list(sliders.controls)
    ('Explorer', ['size'])
    """

    # What the page draws and moves; see controls.js.
    inputs = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True, echo_update=False)
    asked = traitlets.Float().tag(sync=True, echo_update=False)
    drawn = traitlets.Float().tag(sync=True)

    def __init__(self, function, track, titles, ranges):
        self.function, self.track, self.captions, self.ranges = function, track, titles, ranges
        self.controls = _controls_for(function, ranges)
        self.moving = False
        try:
            first = self.call()
        except Exception as error:
            start = ", ".join(f"{name}={control.value!r}" for name, control in self.controls.items())
            raise ValueError(f"There is no first picture{' with ' if start else ''}{start}: {_said(error)}") from None
        super().__init__(_as_pictures(first, track), titles)
        self.describe()
        for control in self.controls.values():
            control.observe(self.update, "value")
            control.observe(self.describe, _DESCRIBED)

    def call(self):
        """Call the function with what the controls say."""
        return self.function(**{name: control.value for name, control in self.controls.items()})

    def describe(self, _=None) -> None:
        """Tell the page which controls there are, and what they stand at."""
        # What is fixed is not shown.
        shown = {name: c for name, c in self.controls.items() if not isinstance(c, ipywidgets.fixed)}
        self.inputs = [_input_of(name, control) for name, control in shown.items()]
        self.values = {name: getattr(control, _moved(control)) for name, control in shown.items()}

    def update(self, _=None) -> None:
        """Draw again; if that fails, say so below the last good picture."""
        if self.moving:
            return
        with self.hold_sync():
            try:
                self.put(_as_pictures(self.call(), self.track), self.captions)
            # Whatever the function raises, even SystemExit, must not end the sliders.
            except BaseException as error:
                self.message = _said(error)
            else:
                self.message = ""
            self.describe()

    @traitlets.observe("asked")
    def follow(self, _) -> None:
        """Move the controls to where the page wants them, draw, and tell the page that this is the answer."""
        wanted, asked = self.values, self.asked
        with self.hold_sync():
            self.moving = True
            try:
                for name, value in wanted.items():
                    setattr(self.controls[name], _moved(self.controls[name]), value)
            finally:
                self.moving = False
                self.update()
                self.drawn = asked

    def close(self) -> None:
        """Take it off every page, and let go of the function, the picture and the sound."""
        if self.comm is None:
            return
        super().close()
        for name, control in self.controls.items():
            control.unobserve(self.update, "value")
            control.unobserve(self.describe, _DESCRIBED)
            # A control that was given may be part of something else.
            if isinstance(control, ipywidgets.Widget) and control is not self.ranges.get(name):
                for part in (control, control.layout, control.style):
                    part.close()
        self.function, self.track, self.ranges = None, None, {}


def _moved(control) -> str:
    """Name the trait of a control that the page shows and moves: the index of a choice, else the value."""
    return "index" if hasattr(control, "index") else "value"


def _input_of(name: str, control) -> dict:
    """Return what the page needs in order to draw a control.

    Raises
    ------
    ValueError
        If the page has no such control.
    """
    about = {
        "name": name,
        "label": control.description,
        "event": "input" if getattr(control, "continuous_update", True) else "change",
        "disabled": control.disabled,
    }
    value = getattr(control, _moved(control))
    if hasattr(control, "index") and not isinstance(value, tuple):
        kind = "slider" if isinstance(control, ipywidgets.SelectionSlider) else "choice"
        return about | {"kind": kind, "options": list(control._options_labels)}
    if isinstance(value, bool | str):
        return about | {"kind": "checkbox" if isinstance(value, bool) else "text"}
    if isinstance(value, int | float) and hasattr(control, "step") and not hasattr(control, "base"):
        kind = "slider" if isinstance(control, ipywidgets.IntSlider | ipywidgets.FloatSlider) else "number"
        return about | {"kind": kind} | {limit: getattr(control, limit, None) for limit in _LIMITS}
    raise ValueError(
        f"A {type(control).__name__} was given for '{name}'; a slider or a field of one number, a choice of one, a "
        "checkbox or a text was expected."
    )


def _said(error: BaseException) -> str:
    """Put an error into one line: the first of its message, and its kind unless a ValueError says it all."""
    if isinstance(error, KeyboardInterrupt):
        return "The function was interrupted."
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if line and isinstance(error, ValueError):
        return line
    return f"The function stopped with {type(error).__name__}{': ' if line else '.'}{line}"


@contextmanager
def _unseen():
    """Make controls that hold and check a value and of which no page learns: it has inputs of its own."""
    create = comm.create_comm
    comm.create_comm = comm.DummyComm
    try:
        yield
    finally:
        comm.create_comm = create


def _controls_for(function, ranges: dict) -> dict:
    """Return the control of each parameter, made from its range or, without one, from its default.

    Raises
    ------
    ValueError
        If the function is none, a range is none or has no parameter of its name, or a parameter has neither a range
        nor a default.
    """
    if not callable(function):
        raise ValueError(
            f"A {type(function).__name__} was given; a function that returns a picture was expected: give its name, "
            "without calling it."
        )
    parameters = inspect.signature(function).parameters
    takes_any = any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters.values())
    named = [name for name, parameter in parameters.items() if parameter.kind not in (2, 4)]
    unknown = [] if takes_any else [name for name in ranges if name not in named]
    if unknown:
        raise ValueError(
            f"A range was given for '{unknown[0]}', but the function takes {', '.join(named) or 'nothing'}."
        )
    controls = {}
    for name in [*named, *(name for name in ranges if name not in named)]:
        default = parameters[name].default if name in named else _NOTHING
        given = ranges.get(name, default)
        try:
            with _unseen():
                control = None if given is _NOTHING else ipywidgets.interactive.widget_from_abbrev(given, default)
        except ValueError as error:
            raise ValueError(f"{name}={given!r} is no range: {_said(error)}.") from None
        if control is None:
            raise ValueError(
                f"'{name}' has no range: give it one, such as {name}=(1, 10) for a slider or {name}=['a', 'b'] "
                "for a choice."
            )
        control.description = control.description or name
        controls[name] = control
        if not isinstance(control, ipywidgets.fixed):
            _input_of(name, control)
    return controls


def _as_pictures(result, track=None) -> list[Picture]:
    """Return what a function gave as a list of pictures.

    A 2-D array has its first row at the bottom. If `track` is given, its columns are equal moments of that track.
    """
    several = isinstance(result, list | tuple)
    return [_as_picture(one, track) for one in (result if several else [result])]


def _as_picture(result, track) -> Picture:
    """Return a picture as it is, and a 2-D array as a picture."""
    if isinstance(result, Picture):
        return result
    values = np.asarray(result)
    if values.ndim != 2 or not values.size or values.dtype.kind not in "biuf":
        shape = f" of shape {values.shape}" if values.ndim else ""
        raise ValueError(
            f"The function returned a {type(result).__name__}{shape}; a Picture or a 2-D array of numbers was expected."
        )
    when = moments.between(0, track.duration if track else 1, values.shape[1])
    picture = Picture.compose(track, when, values, layouts.timeline())
    return picture if track else replace(picture, times=None)


def explore(function, *, track=None, titles=None, **ranges) -> Explorer:
    """Call a function again whenever a slider moves, and show its picture in the same place.

    Parameters
    ----------
    function : callable
        Returns a Picture (`figures.picture` makes a figure one), a 2-D array of numbers, or a list of them. If it
        fails, its error is shown as a sentence below the last good picture.
    track : Track, optional
        The music whose equal moments are the columns of a 2-D array; without it, an array is silent.
    titles : sequence of str, optional
        A title below each picture.
    **ranges
        For each parameter what ipywidgets makes a control of: (1, 10) or (0.0, 1.0, 0.1) a slider, a list a
        dropdown, True or False a checkbox, a word a text field; or a control of ipywidgets, or `fixed`. Without a
        range, a parameter's default chooses.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        If a range does not belong to a parameter, a parameter has neither a range nor a default, or the function
        fails at once.

    Examples
    --------
    >>> explore(lambda size=4: np.eye(size), size=(1, 9))
    Picture, 4 × 4 pixels, values from 0 to 1.
    """
    return Explorer(function, track, titles, ranges)
