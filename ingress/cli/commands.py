"""The command `headgate`, with its subcommands."""

import click

from ingress.cli.check import check
from ingress.cli.demo.command import demo
from ingress.cli.explain import explain
from ingress.cli.run import RUN
from ingress.version import build


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(build(), prog_name="headgate")
def headgate() -> None:
    """An ingress load balancer for Kubernetes and Consul: live routes, no reloads."""


@headgate.command("version")
def version() -> None:
    """Print the version."""
    click.echo(build())


headgate.add_command(RUN)
headgate.add_command(check)
headgate.add_command(explain)
headgate.add_command(demo)


def main() -> None:
    """Run the command line, and exit with its status."""
    headgate(prog_name="headgate")
