"""Colours that a caption names are colours that its figure draws."""

import colorsys
import re

#: Words of captions by what they name; borders of hue in degrees, from which on a word holds.
_WORDS = {name: name for name in ("red", "orange", "yellow", "green", "blue", "purple", "grey", "black")}
_WORDS |= {"vermillion": "orange", "amber": "orange", "pink": "purple", "violet": "purple"}
_HUES = (
    (0.0, "red"),
    (15.0, "orange"),
    (50.0, "yellow"),
    (70.0, "green"),
    (175.0, "blue"),
    (260.0, "purple"),
)
_RED_AGAIN, _PALE, _DARK = 345.0, 0.15, 0.25
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.IGNORECASE)
#: White ground, and what every frame is drawn in.
_NO_ONES = ("#ffffff", "#333333")
_DRAWN = re.compile(r"(?:fill|stroke|stop-color):\s*(#[0-9a-fA-F]{6})")


def word(colour: str) -> str:
    """Return what a colour is called.

    Examples
    --------
    >>> word("#D55E00"), word("#0072B2"), word("#CC79A7"), word("#767676"), word("#1a1a1a")
    ('orange', 'blue', 'purple', 'grey', 'black')
    """
    red, green, blue = (int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5))
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    if saturation < _PALE:
        return "black" if value < _DARK else "grey"
    degrees = 360.0 * hue
    return "red" if degrees >= _RED_AGAIN else max(h for h in _HUES if h[0] <= degrees)[1]


def undrawn(caption: str, svg: str) -> list[str]:
    """Return the colours that a caption names and a drawing has not, in the caption's words.

    Examples
    --------
    >>> undrawn("Red: allowed; grey: excluded.", '<path style="fill: #D55E00; stroke: #767676"/>')
    ['red']
    """
    drawn = {word(colour) for colour in _DRAWN.findall(svg) if colour.lower() not in _NO_ONES}
    named = dict.fromkeys(found.lower() for found in _WORD.findall(caption))
    return [name for name in named if _WORDS[name] not in drawn]
