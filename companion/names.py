"""The names that are taken when the user says nothing; kept apart so that ``--help`` loads nothing heavy."""

DEFAULT_MODEL = "bach"
DEFAULT_STYLE = "bach"
