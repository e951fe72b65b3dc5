"""Messages that carry their code, and the kind of class that holds them."""

from typing import Any

from spacy.errors import ErrorsWithCodes


class CodedMessage(str):
    """A message of the catalog. It keeps its code when its places are filled in.

    code: Such as "C101".
    """

    code: str

    def __new__(cls, text: str, code: str = "") -> "CodedMessage":
        """Make a message. Copies and pickles get their code afterwards."""
        message = super().__new__(cls, text)
        message.code = code
        return message

    def format(self, *args: Any, **values: Any) -> "CodedMessage":
        """Fill in the places."""
        return CodedMessage(super().format(*args, **values), self.code)


class Catalog(ErrorsWithCodes):
    """The type of a class of messages, by code. It has those of its bases as its own."""

    def __new__(cls, name: str, bases: tuple[type, ...], values: dict[str, Any]) -> Any:
        inherited = {
            k: v for base in bases for k, v in vars(base).items() if k[1:].isdigit()
        }
        return super().__new__(cls, name, bases, inherited | values)

    def __getattribute__(cls, code: str) -> Any:
        text = super().__getattribute__(code)
        return text if code.startswith("__") else CodedMessage(text, code)
