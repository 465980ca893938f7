"""`imcloud connection`: add, test, list, show and remove connections. A secret is never an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from imcloud.cli import app as shared
from imcloud.cli.failures import show_result_errors
from imcloud.cli.mistakes import Mistake
from imcloud.cli.output import chosen, emit_json, formats
from imcloud.cli.patience import Patience
from imcloud.cli.safe import safe
from imcloud.paths import config_dir

if TYPE_CHECKING:
    from imcloud.connections import Store
    from imcloud.pack import Pack
    from imcloud.results import Result


def complete_name(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of connections."""
    from imcloud.cli.complete import connection_names

    return [name for name in connection_names(ctx) if name.startswith(incomplete)]


def known_names(app: shared.App) -> list[str]:
    """The names in the connections file."""
    return list(_store(app).list().entries)


def the_pack(app: shared.App, name: str | None = None) -> Pack:
    """The pack that connections are for: the one named, else the first. Raises `UnknownName`."""
    packs = app.runner.packs
    if name is not None and name not in packs:
        from imcloud.errors import UnknownName

        raise UnknownName("pack", name, list(packs))
    return packs[name] if name is not None else next(iter(packs.values()))


def _store(app: shared.App) -> Store:
    from imcloud.connections import Store

    return Store(config_dir(app.runner.env))


@click.group()
def connection() -> None:
    """Add, test, list, show and remove connections."""


@connection.command()
@click.argument("name")
@click.option(
    "--set", "words", metavar="FIELD=VALUE", multiple=True, help="A field that is no secret; again for others."
)
@click.option("--secret", "secrets", metavar="FIELD=SOURCE", multiple=True, help="env:VARIABLE, file:PATH or stdin.")
@click.option("--writes", type=click.Choice(["deny", "confirm", "allow"]), help="Default in production: confirm.")
@click.option("--kind", type=click.Choice(["sandbox", "production"]), help="Default: sandbox on this machine only.")
@click.option("--pack", metavar="PACK", help="For which pack. Default: the first.")
@click.option("--default", is_flag=True, help="Serve when no connection is named.")
@click.option("--replace", is_flag=True, help="Replace a connection of the same name.")
@click.option("--no-test", is_flag=True, help="Save without trying it.")
@shared.options
def add(name: str, words: tuple[str, ...], secrets: tuple[str, ...], **how: Any) -> int:
    """Add the connection NAME: asks for what is missing, tries it, saves it.

    Secrets are asked for without echo and kept in the system's keyring, or stay where they are: --secret
    password=env:MY_VARIABLE, --secret password=file:/run/secrets/password. With --secret password=stdin one is read
    from standard input and kept in the keyring.
    """
    from imcloud.cli.gathering import gather, revealed

    app = shared.current()
    pack = the_pack(app, how["pack"])
    store = _store(app)
    if name in store.list().entries and not how["replace"]:
        raise Mistake(f"a connection called {name!r} is there already", "choose another name, or --replace")
    values = gather(app, pack, words, secrets)
    values.update({key: how[key] for key in ("kind", "writes") if how[key] is not None})
    if not how["no_test"]:
        result = _try(app, pack, None, revealed(app, values))
        if not _passed(pack, result) and not (app.interactive and click.confirm("Save it anyway?", err=True)):
            return result.exit_code or 1
    store.add(
        name, pack.connection_form, pack.manifest, values, replace_existing=how["replace"], default=how["default"]
    )
    click.echo(f"{click.style('✔', fg='green')} saved {name!r} in {safe(store.path)}", err=True)
    return 0


@connection.command()
@click.argument("name", required=False, shell_complete=complete_name)
@formats("json", "table")
@shared.options
def test(name: str | None, fmt: str | None) -> int:
    """Try the connection NAME, or the one that serves, with a harmless read."""
    app = shared.current()
    pack = the_pack(app)
    name = name or app.connection
    app.announce(name)
    result = _try(app, pack, name, None)
    if chosen(fmt) == "json":
        from imcloud.cli.diagnosis import causes

        emit_json({**result.to_dict(), "causes": causes(result, pack.connection_form, pack.manifest)})
        return result.exit_code
    return 0 if _passed(pack, result) else result.exit_code


def _try(app: shared.App, pack: Pack, name: str | None, explicit: dict[str, Any] | None) -> Result:
    spec = pack.manifest["connection"]["test"]
    with Patience(app, "trying the connection"):
        if explicit is None:
            opened = app.runner.connection(name, pack=pack.name)
            return app.runner.run_action(f"{pack.name}.{spec['action']}", spec.get("inputs"), connection=opened)
        with app.runner.open_connection(None, pack=pack.name, explicit=explicit) as opened:
            return app.runner.run_action(f"{pack.name}.{spec['action']}", spec.get("inputs"), connection=opened)


def _passed(pack: Pack, result: Result) -> bool:
    from imcloud.cli.diagnosis import causes

    described = ", ".join(safe(value) for value in result.connection.values() if value is not None)
    if result.ok:
        click.echo(f"{click.style('✔', fg='green')} it works: {described} ({result.elapsed_ms} ms)", err=True)
        return True
    show_result_errors(result)
    for place, cause in enumerate(causes(result, pack.connection_form, pack.manifest)):
        lead = "probably" if place == 0 else "or      "
        click.echo(f"       {click.style(lead, fg='cyan')} {safe(cause)}", err=True)
    return False


@connection.command("list")
@formats("json", "table")
@shared.options
def list_(fmt: str | None) -> int:
    """List the connections that can be named."""
    from dataclasses import asdict

    from imcloud.connections import known_connections

    app = shared.current()
    pack = the_pack(app)
    env = app.runner.env
    known = known_connections(pack.connection_form, pack.manifest, env=env, config_dir=config_dir(env))
    if chosen(fmt) == "json":
        emit_json([asdict(row) for row in known])
        return 0
    from imcloud.cli.tables import table, text

    built = table("Name", "Kind", "Host", "Writes", "From")
    for row in known:
        name = text(row.name + (" (default)" if row.default else ""))
        built.add_row(name, text(row.kind, "kind"), text(row.host), text(row.writes), text(row.source))
    app.out.print(built)
    for row in known:
        if row.problem:
            click.echo(f"{click.style(row.name, bold=True)}: {safe(row.problem)}", err=True)
    return 0


@connection.command()
@click.argument("name", required=False, shell_complete=complete_name)
@formats("json", "table")
@shared.options
def show(name: str | None, fmt: str | None) -> int:
    """Show the connection NAME, or the one that serves: every field and where its value comes from."""
    from dataclasses import asdict

    from imcloud.connections import field_rows

    app = shared.current()
    pack = the_pack(app)
    settings = app.runner.connection(name or app.connection).settings
    rows = field_rows(settings, pack.connection_form)
    head = {"name": settings.name, "kind": settings.kind, "writes": settings.writes, "read_only": settings.read_only}
    if chosen(fmt) == "json":
        emit_json({**head, "implicit": settings.implicit, "fields": [asdict(row) for row in rows]})
        return 0
    from imcloud.cli.tables import table, text

    app.out.print(text(", ".join(f"{key} {'yes' if value is True else value}" for key, value in head.items() if value)))
    built = table("Field", "Value", "From")
    for row in rows:
        built.add_row(text(row.title), text(row.value), text(row.source if row.value is not None else "not set"))
    app.out.print(built)
    return 0


@connection.command()
@click.argument("name", shell_complete=complete_name)
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared.options
def remove(name: str, yes: bool) -> int:
    """Forget the connection NAME and its secrets in the keyring."""
    app = shared.current()
    if not yes:
        if not app.interactive:
            raise Mistake("without a terminal, removing needs --yes")
        if not click.confirm(f"Forget the connection {name!r}?", err=True):
            return 2
    _store(app).remove(name)
    click.echo(f"{click.style('✔', fg='green')} forgot {name!r}", err=True)
    return 0
