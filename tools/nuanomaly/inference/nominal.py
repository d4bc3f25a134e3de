"""With what a question is asked where nothing else is said."""

#: Confidence levels of critical values by toys.
LEVELS = (0.6827, 0.90, 0.95, 0.99)
#: Confidence levels whose coverage is asked for.
NOMINAL = (0.6827, 0.90, 0.95)
#: Work that takes longer than so many seconds is refused unless a caller allows it.
LIMIT = 3600.0
