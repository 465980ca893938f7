"""`imcloud version` and `imcloud completion`."""

from __future__ import annotations

import click

from imcloud.cli import app as shared


@click.command()
@shared.options
def version() -> int:
    """Show the version of this program, of Python and of the packs."""
    import platform

    from imcloud import __version__

    click.echo(f"imcloud {__version__}")
    click.echo(f"Python {platform.python_version()}")
    for pack in shared.current().runner.packs.values():
        click.echo(f"{pack.name} {pack.manifest['version']}, {len(pack.actions)} actions")
    return 0


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the script that completes commands, actions and inputs in SHELL.

    \b
    bash:  eval "$(imcloud completion bash)"      in ~/.bashrc
    zsh:   eval "$(imcloud completion zsh)"       in ~/.zshrc
    fish:  imcloud completion fish > ~/.config/fish/completions/imcloud.fish
    """
    from click.shell_completion import get_completion_class

    from imcloud.cli.root import cli

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "imcloud", "_IMCLOUD_COMPLETE").source())
    return 0
