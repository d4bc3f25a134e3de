"""Who is told what happens while releases are got."""


class Watcher:
    """Is told what happens; this one keeps silent."""

    def note(self, text: str) -> None:
        """Hear something a user may want to know."""

    def begin(self, what: str, size: int) -> None:
        """Hear that so many bytes are about to be fetched."""

    def advance(self, count: int) -> None:
        """Hear that so many bytes arrived (negative: were given up). May be called from several threads."""

    def end(self) -> None:
        """Hear that what began is over, well or not."""
