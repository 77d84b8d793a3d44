"""Short ways to declare a parameter of each kind."""

from __future__ import annotations

from workbench.catalogue.declaration import Kind, Param


def integer(
    id: str, title: str, help: str, default: int, minimum: int, maximum: int, *, unit: str = "", advanced: bool = False
) -> Param:
    """A whole number within [minimum, maximum]."""
    return Param(id, title, help, Kind.INT, default, minimum, maximum, unit=unit, advanced=advanced)


def real(
    id: str,
    title: str,
    help: str,
    default: float,
    minimum: float,
    maximum: float,
    *,
    unit: str = "",
    advanced: bool = False,
) -> Param:
    """A real number within [minimum, maximum]."""
    return Param(id, title, help, Kind.FLOAT, default, minimum, maximum, unit=unit, advanced=advanced)


def switch(id: str, title: str, help: str, default: bool, *, advanced: bool = False) -> Param:
    """On or off."""
    return Param(id, title, help, Kind.BOOL, default, advanced=advanced)


def choice(
    id: str, title: str, help: str, default: str, choices: tuple[tuple[str, str], ...], *, advanced: bool = False
) -> Param:
    """One of a few (value, words)."""
    return Param(id, title, help, Kind.CHOICE, default, choices=choices, advanced=advanced)


def integers(
    id: str,
    title: str,
    help: str,
    default: tuple[int, ...] | None,
    length: int,
    minimum: int,
    maximum: int,
    *,
    unit: str = "",
    optional: bool = False,
    advanced: bool = False,
) -> Param:
    """`length` whole numbers, each within [minimum, maximum]; any number of them when `length` is 0."""
    return Param(
        id,
        title,
        help,
        Kind.INTS,
        default,
        minimum,
        maximum,
        length=length,
        unit=unit,
        optional=optional,
        advanced=advanced,
    )


def padding(id: str, title: str, help: str, default: str, length: int, maximum: int) -> Param:
    """ "same", "valid", or `length` whole numbers up to `maximum`."""
    return Param(id, title, help, Kind.PADDING, default, 0, maximum, length=length)
