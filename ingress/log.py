"""Log lines for people: time, level, process, what happened; one line each, to standard error."""

import logging
import time
from typing import Final

LEVELS: Final = ("debug", "info", "warning", "error")


class LineFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.123Z info worker-0: text`; line ends in the text are escaped."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The whole line, with a traceback below it where there is one."""
        clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        line = f"{clock}.{int(record.msecs):03d}Z {record.levelname.lower()} {self._process}: {text}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(process: str, level: str) -> None:
    """Send what all loggers say to standard error, under the name of this process."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(process))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
