"""What is seen of a device, and its parameters: what Live stores, automates and shows on Push.

Every control has a Long Name that never changes (Live finds stored values by it), a Short Name that fits, an initial
value, and a text for Live's Info View. Colours are never given where Live's theme gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from max_patches.patcher import Box, Data, Patcher

Rect = tuple[int, int, int, int]  # x, y, width, height in pixels

# parameter_type, parameter_invisible, parameter_unitstyle, parameter_modmode as Max saves them
FLOAT, INT, ENUM = 0, 1, 2
AUTOMATED, STORED, HIDDEN = 0, 1, 2
AS_INT, AS_FLOAT, PERCENT, MIDI_NOTE, CUSTOM = 0, 1, 5, 8, 9
_NOT_MODULATED, _ADDED = 0, 3

FONT: Final = "Ableton Sans Medium"
FONT_SIZE: Final = 9.5

# Of Live's themes by name; the numbers are what is drawn where a theme has no such colour.
LCD_BACKGROUND: Final = ("live_lcd_bg", (0.157, 0.157, 0.157, 1.0))
LCD_TEXT: Final = ("live_lcd_title", (0.808, 0.808, 0.808, 1.0))
LCD_DIM: Final = ("live_lcd_control_fg_zombie", (0.549, 0.549, 0.549, 1.0))
LCD_BRIGHT: Final = ("live_lcd_control_fg", (1.0, 0.71, 0.196, 1.0))

Colour = tuple[str, tuple[float, float, float, float]]

VOICE_COLOURS: Final[tuple[Colour, ...]] = (  # soprano to bass
    LCD_BRIGHT,
    ("live_lcd_control_fg_alt", (0.012, 0.765, 0.835, 1.0)),
    ("live_macro_assignment", (0.278, 0.784, 0.424, 1.0)),
    LCD_TEXT,
)
CHOSEN: Final[Colour] = ("live_control_selection", (1.0, 0.678, 0.337, 1.0))
ALARM: Final[Colour] = ("live_record", (1.0, 0.322, 0.275, 1.0))


@dataclass(frozen=True)
class Parameter:
    """A value that Live knows of."""

    long_name: str
    short_name: str
    info: str  # a sentence for the Info View
    type: int = ENUM
    low: float = 0
    high: float = 1
    initial: float = 0
    labels: tuple[str, ...] = ()  # of an enum
    style: int = AS_INT
    units: str = ""  # of style CUSTOM, after the number
    visible: int = AUTOMATED
    order: int = 1  # stored values come back in this order
    steps: int = 0
    momentary: bool = False  # a button: a mapped note or pedal presses it, and does not turn it over

    def saved(self) -> Data:
        """As Max saves it."""
        data: Data = {
            "parameter_annotation_name": self.long_name,
            "parameter_info": self.info,
            "parameter_initial": [self.initial],
            "parameter_initial_enable": 1,
            "parameter_invisible": self.visible,
            "parameter_linknames": 0,
            "parameter_longname": self.long_name,
            "parameter_mmax": self.high if self.type != ENUM else len(self.labels) - 1,
            "parameter_mmin": self.low,
            "parameter_modmode": _NOT_MODULATED if self.type == ENUM or self.visible else _ADDED,
            "parameter_order": self.order,
            "parameter_shortname": self.short_name,
            "parameter_type": self.type,
            "parameter_unitstyle": self.style,
        }
        if self.type == ENUM:
            data["parameter_enum"] = list(self.labels)
        if self.units:
            data["parameter_units"] = self.units
        if self.steps:
            data["parameter_steps"] = self.steps
        if self.momentary:
            data["parameter_button_mode"] = "Momentary"
        return data


class Face:
    """Draws into a device's patch."""

    def __init__(self, patcher: Patcher) -> None:
        self._patcher = patcher
        self._page = ""
        self.pages: dict[str, list[str]] = {}  # which boxes lie on which page, by their names

    def turn_to(self, page: str) -> None:
        """What follows lies on a page; the first one is seen at first. Without a name: on none, and always seen."""
        self._page = page
        if page:
            self.pages.setdefault(page, [])

    def dial(self, rect: Rect, parameter: Parameter) -> Box:
        """A number by turning."""
        return self._control("live.dial", rect, parameter)

    def number(self, rect: Rect, parameter: Parameter) -> Box:
        """A number by dragging."""
        return self._control("live.numbox", rect, parameter, appearance=4)

    def meter(self, rect: Rect, parameter: Parameter) -> Box:
        """A number that the patch shows, as a bar; no mouse moves it."""
        return self._control("live.numbox", rect, parameter, appearance=2, ignoreclick=1)

    def shown_number(self, rect: Rect, parameter: Parameter) -> Box:
        """A number that the patch shows when there is one; no mouse moves it."""
        return self._control("live.numbox", rect, parameter, active=0, appearance=4, ignoreclick=1)

    def menu(self, rect: Rect, parameter: Parameter, **more: Any) -> Box:
        """One of a list."""
        return self._control("live.menu", rect, parameter, appearance=1, **more)

    def tabs(self, rect: Rect, parameter: Parameter, *, across: bool = False) -> Box:
        """One of some, one above the other or side by side."""
        lines = 1 if across else len(parameter.labels)
        return self._control(
            "live.tab", rect, parameter, appearance=1, num_lines_patching=lines, num_lines_presentation=lines
        )

    def switch(self, rect: Rect, text: str, parameter: Parameter) -> Box:
        """On or off."""
        return self._control("live.text", rect, parameter, text, appearance=2, mode=1, outputmode=1, texton=text)

    def button(self, rect: Rect, text: str, parameter: Parameter, colour: Colour | None = None) -> Box:
        """Does something when it is pressed, not when it is let go; with a colour of the theme it stands out."""
        off, on = parameter.labels
        drawn = self._control(
            "live.text",
            rect,
            parameter,
            text,
            mode=0,
            outputmode=0,
            transition=0,
            texton=text,
            automation=off,
            automationon=on,
        )
        if colour is not None:
            name, rgba = colour
            drawn.data["activebgcolor"] = list(rgba)
            drawn.data["saved_attribute_attributes"]["activebgcolor"] = {"expression": f"themecolor.{name}"}
        return drawn

    def lines(self, rect: Rect, count: int, low: int, high: int, colour: Colour | None) -> Box:
        """So many short lines at the heights of numbers, over what lies below; without a colour dimmed."""
        name, rgba = colour or LCD_DIM
        return self._patcher.draw(
            "multislider",
            **self._seen(rect),
            bgcolor=[0.0, 0.0, 0.0, 0.0],
            ignoreclick=1,
            parameter_enable=0,
            saved_attribute_attributes={"slidercolor": {"expression": f"themecolor.{name}"}},
            setminmax=[float(low), float(high)],
            setstyle=0,
            settype=0,
            size=count,
            slidercolor=list(rgba),
            thickness=2,
        )

    def label(self, rect: Rect, text: str, justify: int = 0) -> Box:
        """Words in the colour of Live's theme."""
        return self._patcher.draw("live.comment", text, **self._seen(rect), textjustification=justify)

    def display(self, rect: Rect) -> Box:
        """A dark ground, as Live's own displays have it."""
        name, rgba = LCD_BACKGROUND
        return self._patcher.draw(
            "panel",
            **self._seen(rect),
            background=1,
            mode=0,
            rounded=4,
            bgcolor=list(rgba),
            saved_attribute_attributes={"bgfillcolor": {"expression": f"themecolor.{name}"}},
        )

    def shown(
        self,
        rect: Rect,
        text: str,
        colour: Colour = LCD_TEXT,
        *,
        name: str = "",
        size: float = FONT_SIZE,
        justify: int = 0,
    ) -> Box:
        """Words on a display."""
        theme, rgba = colour
        return self._patcher.draw(
            "comment",
            text,
            **self._seen(rect, name),
            fontname=FONT,
            fontsize=size,
            textcolor=list(rgba),
            textjustification=justify,
            saved_attribute_attributes={"textcolor": {"expression": f"themecolor.{theme}"}},
        )

    def _control(self, maxclass: str, rect: Rect, parameter: Parameter, text: str = "", **data: Any) -> Box:
        name = parameter.long_name.replace(" ", "")
        return self._patcher.draw(
            maxclass,
            text,
            **self._seen(rect, name),
            annotation=parameter.info,
            annotation_name=parameter.long_name,
            parameter_enable=1,
            saved_attribute_attributes={"valueof": parameter.saved()},
            **data,
        )

    def _seen(self, rect: Rect, name: str = "") -> Data:
        data: Data = {"presentation": 1, "presentation_rect": [float(side) for side in rect]}
        if self._page:
            names = self.pages[self._page]
            name = name or f"{self._page}{len(names) + 1}"
            names.append(name)
            data["hidden"] = int(self._page != next(iter(self.pages)))
        return {**data, "varname": name} if name else data
