"""`beekeed`: argv -> settings -> the daemon, or one of the sandbox's programs."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import beekeed
from beekeed.errors import BeekeedError
from beekeed.say import language_of
from beekeed.starting import DEFAULT_CONFIG, told
from beekeed.systemd import manager


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the programs; gives the exit code."""
    arguments, rest = parser().parse_known_args(argv)
    if arguments.program == "sandbox-online":
        from beekeed.sandbox import online

        return online.main(rest)
    if arguments.program == "sandbox-box":
        from beekeed.sandbox import box

        return box.main(rest)
    if arguments.program == "demo":
        from beekeed.sandbox import demo

        return demo.main(rest)
    if rest:
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    if arguments.program == "install-units":
        return _install(Path(arguments.root))
    if arguments.program == "put-back":
        return _put_back(Path(arguments.config), arguments.schema)
    return _run(Path(arguments.config))


def parser() -> argparse.ArgumentParser:
    """Describe the command line of `beekeed`."""
    top = argparse.ArgumentParser(
        prog="beekeed", description="Brings a Beekee box's work to its online Moodle."
    )
    top.add_argument("--version", action="version", version=beekeed.__version__)
    programs = top.add_subparsers(dest="program", required=True, metavar="PROGRAM")
    run = programs.add_parser("run", help="run the daemon")
    older = programs.add_parser("put-back", help="let an older beekeed have its database again")
    older.add_argument(
        "--schema", type=int, required=True, metavar="NUMBER", help="the newest that it knows"
    )
    for each in (run, older):
        each.add_argument(
            "--config",
            default=DEFAULT_CONFIG,
            metavar="FILE",
            help=f"the settings (default: {DEFAULT_CONFIG})",
        )
    install = programs.add_parser(
        "install-units", help="put the systemd units and the settings in place (as root)"
    )
    install.add_argument("--root", default="/", metavar="FOLDER", help="of another system")
    programs.add_parser("demo", help="try everything in a sandbox", add_help=False)
    programs.add_parser("sandbox-online", help="a stand-in online Moodle", add_help=False)
    programs.add_parser("sandbox-box", help="a box's database with its courses", add_help=False)
    return top


def _run(file: Path) -> int:
    import faulthandler

    from beekeed import config, daemon, logs  # the demo and the sandbox load none of it

    # What hangs is ended by SIGABRT (systemd's WatchdogSec=): the log tells where it hung, by files
    # and lines alone.
    faulthandler.enable()
    code = 0
    try:
        settings = config.load(file)
        logs.set_up_logging(settings.daemon.log_level)
        asyncio.run(daemon.run(settings, file))
    except* BeekeedError as group:
        for error in _flat(group):
            code = told("beekeed", error)
            said = language_of("en").say(error.code, error.params)
            manager().status(said.what)  # what `systemctl status` shows
    return code


def _install(root: Path) -> int:
    from beekeed.installing import install_units

    try:
        for path in install_units(root):
            print(path)
    except BeekeedError as error:
        return told("beekeed", error)
    print("To set the box up: sudo beekeectl setup")
    return 0


def _put_back(file: Path, schema: int) -> int:
    from beekeed import config, daemon
    from beekeed.sqlite.opening import put_back

    try:
        if put_back(daemon.database_of(config.load(file)), schema):
            print("The database of before the upgrade is in place again.")
    except BeekeedError as error:
        return told("beekeed", error)
    return 0


def _flat(group: BaseExceptionGroup[BeekeedError]) -> list[BeekeedError]:
    found: list[BeekeedError] = []
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            found += _flat(error)
        else:
            found.append(error)
    return found


if __name__ == "__main__":
    sys.exit(main())
