"""Messages with a code, and the metaclass of their catalogs."""

from typing import Any

from spacy.errors import ErrorsWithCodes


class CodedMessage(str):
    """A message of the catalog. It keeps its code when it is formatted.

    code: Code of the message, such as "C101".
    """

    code: str

    def __new__(cls, text: str, code: str = "") -> "CodedMessage":
        """Make a message. Copying and unpickling set the code afterwards."""
        message = super().__new__(cls, text)
        message.code = code
        return message

    def format(self, *args: Any, **values: Any) -> "CodedMessage":
        """Fill in the placeholders."""
        return CodedMessage(super().format(*args, **values), self.code)


class Catalog(ErrorsWithCodes):
    """Metaclass of a class of messages by code, including those of its base classes."""

    def __new__(cls, name: str, bases: tuple[type, ...], values: dict[str, Any]) -> Any:
        inherited = {
            k: v for base in bases for k, v in vars(base).items() if k[1:].isdigit()
        }
        return super().__new__(cls, name, bases, inherited | values)

    def __getattribute__(cls, code: str) -> Any:
        text = super().__getattribute__(code)
        return text if code.startswith("__") else CodedMessage(text, code)
