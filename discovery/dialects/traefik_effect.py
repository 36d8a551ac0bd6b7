"""What a middleware does, and how its options are handed to it."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from discovery.dialects.complaint import ComplaintError
from ingress.acl.pattern import compile_regex
from ingress.model.policy import Compression, Rule

Reader = Callable[[str], object]


class Effect(Struct, frozen=True):
    """Rules about requests, in order, and about all answers; and what is compressed."""

    rules: tuple[Rule, ...] = ()
    final: tuple[Rule, ...] = ()
    compression: Compression | None = None


class Said(Struct, frozen=True):
    """The options of a middleware by name, in lower case, as they were read."""

    values: Mapping[str, object]

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        return str(self.values.get(name, default))

    def words(self, name: str) -> tuple[str, ...]:
        """A list."""
        found = self.values.get(name, ())
        return found if isinstance(found, tuple) else ()

    def truth(self, name: str) -> bool:
        """A truth; false where it is not said."""
        return bool(self.values.get(name, False))

    def number(self, name: str, default: int) -> int:
        """A number."""
        found = self.values.get(name, default)
        return found if isinstance(found, int) else default

    def group(self, name: str) -> Mapping[str, str]:
        """The options behind `NAME.`, with their names as written."""
        start = f"{name}."
        return {key[len(start) :]: str(text) for key, text in self.values.items() if key.startswith(start)}


def checked_regex(pattern: str) -> str:
    """The expression, proven to compile; ValueError if it does not."""
    if not pattern:
        raise ValueError("the expression is missing")
    compile_regex(pattern)
    return pattern


def no_strategy(value: str) -> object:
    """The reader of options by which clients are told from proxies."""
    raise ComplaintError("X-Forwarded-For is not believed here; the address is that of the peer")


def passed_over(value: str) -> object:
    """The reader of options that make no difference here."""
    return value
