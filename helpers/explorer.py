"""Sliders that change a picture under the hand. Explained in notebooks/01-waveform.ipynb."""

import inspect
from dataclasses import replace

import ipywidgets
import numpy as np

from helpers import cells, layouts, moments
from helpers.pictures import Picture
from helpers.player import Player, still

NOTHING = inspect.Parameter.empty


class Explorer(ipywidgets.VBox):
    """Sliders above, the live picture below.

    Attributes
    ----------
    controls : dict of str to widget
        The slider, dropdown or checkbox of each parameter.
    player : Player
        The picture.
    """

    def __init__(self, function, track, titles, ranges):
        self.function, self.track, self.titles, self.ranges = function, track, titles, ranges
        self.controls = controls_for(function, ranges)
        try:
            first = self.call()
        except Exception as error:
            start = ", ".join(f"{name}={control.value!r}" for name, control in self.controls.items())
            raise ValueError(f"There is no first picture{' with ' if start else ''}{start}: {said(error)}") from None
        self.player = Player(as_pictures(first, track), titles)
        for control in self.controls.values():
            control.observe(self.update, "value")
        # A parameter that is fixed has no widget.
        seen = [control for control in self.controls.values() if isinstance(control, ipywidgets.DOMWidget)]
        super().__init__([*seen, self.player])
        cells.hold(self)

    def call(self):
        """Call the function with what the controls say."""
        return self.function(**{name: control.value for name, control in self.controls.items()})

    def update(self, _=None) -> None:
        """Draw again; if that fails, say so below the last good picture."""
        try:
            self.player.put(as_pictures(self.call(), self.track), self.titles)
        except Exception as error:
            self.player.message = said(error)
        else:
            self.player.message = ""

    def close(self) -> None:
        """Take it off every page, and let go of the function, the picture and the sound."""
        if self.comm is None:
            return
        super().close()
        for name, control in self.controls.items():
            control.unobserve(self.update, "value")
            # A control that was given may be part of something else.
            if isinstance(control, ipywidgets.Widget) and control is not self.ranges.get(name):
                for part in (control, control.layout, control.style):
                    part.close()
        self.player.close()
        self.layout.close()
        self.function, self.track, self.ranges = None, None, {}

    def __repr__(self):
        return repr(self.player)

    def _repr_mimebundle_(self, **_):
        return still(self, self.player)


def said(error: Exception) -> str:
    """Put an error into one line: the first of its message, and its kind unless a ValueError says it all."""
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if line and isinstance(error, ValueError):
        return line
    return f"The function stopped with {type(error).__name__}{': ' if line else '.'}{line}"


def controls_for(function, ranges: dict) -> dict:
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
        default = parameters[name].default if name in named else NOTHING
        given = ranges.get(name, default)
        try:
            control = ipywidgets.interactive.widget_from_abbrev(given, default) if given is not NOTHING else None
        except ValueError as error:
            raise ValueError(f"{name}={given!r} is no range: {said(error)}.") from None
        if control is None:
            raise ValueError(
                f"'{name}' has no range: give it one, such as {name}=(1, 10) for a slider or {name}=['a', 'b'] "
                "for a choice."
            )
        control.description = control.description or name
        controls[name] = control
    width = max((len(control.description) for control in controls.values()), default=0) + 2
    for control in controls.values():
        control.style = {"description_width": f"{width}ch"}
        control.layout = {"width": "100%", "max_width": "520px"}
    return controls


def as_pictures(result, track=None) -> list[Picture]:
    """Return what a function gave as a list of pictures.

    A 2-D array has its first row at the bottom. If `track` is given, its columns are equal moments of that track.
    """
    several = isinstance(result, list | tuple)
    return [as_picture(one, track) for one in (result if several else [result])]


def as_picture(result, track) -> Picture:
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
        Returns a Picture, a 2-D array of numbers, or a list of them. If it fails, its error is shown as a sentence
        below the last good picture.
    track : Track, optional
        The music whose equal moments are the columns of a 2-D array; without it, an array is silent.
    titles : sequence of str, optional
        A title below each picture.
    **ranges
        For each parameter what ipywidgets makes a control of: (1, 10) or (0.0, 1.0, 0.1) a slider, a list a
        dropdown, True or False a checkbox; or a control. Without a range, a parameter's default chooses.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        If a range does not belong to a parameter, a parameter has neither a range nor a default, or the function
        fails at once.
    """
    return Explorer(function, track, titles, ranges)
