"""Values as the text that every manager keeps."""

from collections.abc import Mapping

from uz.errors import SecretError
from uz.secret import Secret


def texts(path: str, fields: Mapping[str, Secret]) -> dict[str, str]:
    """The values of a path as text, unchanged. Raises SecretError where one is none."""
    found = {}
    for name, secret in fields.items():
        text = _decoded(secret)
        if text is None or "\0" in text:
            what = f"{path}: {name!r}" if name else path
            why = "is not UTF-8 text" if text is None else "holds a zero byte, which no text has"
            raise SecretError(
                f"{what} {why}", hint="Keep binary values in base64, and let the app decode them."
            )
        found[name] = text
    return found


def _decoded(secret: Secret) -> str | None:
    try:
        return secret.reveal().decode()
    except UnicodeDecodeError:  # it holds the value, so nothing is raised from it
        return None
