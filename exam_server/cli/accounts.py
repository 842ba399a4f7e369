"""``kaohe accounts``: opens the first accounts of an installation."""

from datetime import UTC, datetime

import click

from exam_server.config import read_settings
from exam_server.opening import open_database
from registry.access import SYSTEM, Role
from registry.accounts.actions import NewAccount, open_account
from registry.accounts.passwords import hash_password
from registry.errors import AssessmentError


@click.group(help="账号。")
def command() -> None:
    """Hold the subcommands together."""


@command.command("open", help="开立账号，密码在屏幕上输入，首次登录须更改。")
@click.option("--login-name", prompt="登录名")
@click.option("--name", prompt="姓名")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.password_option(prompt="初始密码", confirmation_prompt="再输入一次")
def open_(login_name: str, name: str, role: str, password: str) -> None:
    """Open an account of the province."""
    try:
        new = NewAccount(login_name, name, hash_password(password), {Role(role)})
        with open_database(read_settings()).transaction() as db:
            open_account(db, new, actor=SYSTEM, now=datetime.now(UTC))
    except AssessmentError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"已开立账号 {login_name}。")
