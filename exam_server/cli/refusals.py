"""How the command line tells a refusal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from registry.errors import AssessmentError


@contextmanager
def refusals() -> Iterator[None]:
    """Tell a refusal and end with status 1."""
    try:
        yield
    except AssessmentError as error:
        click.echo(error.message, err=True)
        sys.exit(1)
