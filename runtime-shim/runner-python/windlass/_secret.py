"""`windlass.Secret`."""

from ._object import NamedObject, check_name


class Secret(NamedObject):
    """
    Environment variables that are not for everyone to read. Containers of a function that names it in `secrets` have
    them in `os.environ`; here is only that it exists.
    """

    kind = "secret"

    @classmethod
    def from_name(cls, name: str) -> "Secret":
        """The secret of this name; it is looked up with its first use. Raises InvalidError for what is no name."""
        check_name(cls.kind, name)
        return cls(name)
