"""Consul as a source, from settings."""

import random
import time

from discovery.consul.address import parse_agent
from discovery.consul.api import Api, Scope
from discovery.consul.authority_file import authority_name
from discovery.consul.checks import Health
from discovery.consul.credentials import Credentials
from discovery.consul.dialects import prefixes
from discovery.consul.flaps import Damping
from discovery.consul.instance import Preferences
from discovery.consul.registrar import Place
from discovery.consul.registry import RegistryOptions
from discovery.consul.source import ConsulOptions, ConsulSource
from discovery.consul.timings import Timings
from discovery.pooling import Partner
from ingress.ipc.address import parse_address
from ingress.model.backend import BackendSettings
from ingress.model.settings import ConsulSettings


def consul_source(
    name: str, consul: ConsulSettings, backend: BackendSettings, partner: Partner
) -> ConsulSource:
    """The source of this name; `partner` is the one whose Services its services may be joined with."""
    datacentres = consul.datacentres or ("",)
    options = ConsulOptions(
        tuple(map(parse_agent, consul.url)),
        RegistryOptions(
            name,
            datacentres,
            consul.failover_below,
            consul.tag_prefix,
            consul.exposed_by_default,
            consul.namespace,
            backend,
            partner,
            consul.dialects,
            tuple(_entry_point(text) for text in consul.entry_points),
            authority_name(name) if consul.server_ca_file else "",
            bool(consul.register),
        ),
        _credentials(consul),
        Scope(datacentres[0], consul.namespace, consul.partition),
        Preferences(
            consul.tag_prefix, consul.tagged_address, accepted_states(consul), prefixes(consul.dialects)
        ),
        "" if consul.consistency == "default" else consul.consistency,
        damping=Damping(longest=consul.flap_hold),
        keys=consul.kv,
        commands=consul.fabio_path,
        authority_file=consul.server_ca_file,
        place=_place(consul),
    )
    return ConsulSource(options, time.time, random.random)


def _place(consul: ConsulSettings) -> Place | None:
    """Where this instance is registered. No dialect that is read may take that for a wish to be served."""
    if not consul.register:
        return None
    host, port = parse_address(consul.register)
    return Place(host, port, tuple(f"{prefix}.enable=false" for prefix in (consul.tag_prefix, "traefik")))


def accepted_states(consul: ConsulSettings) -> frozenset[Health]:
    """The states of checks in which an instance gets requests."""
    refused = set() if consul.warning else {Health.WARNING}
    return frozenset(map(Health, consul.status)) - refused


def consul_api(consul: ConsulSettings) -> Api:
    """The same Consul, for questions beside those of the source, in the datacentre of the agent."""
    scope = Scope("", consul.namespace, consul.partition)
    addresses = tuple(map(parse_agent, consul.url))
    return Api(addresses, _credentials(consul), scope, Timings().connect)


def _credentials(consul: ConsulSettings) -> Credentials:
    return Credentials(
        consul.token, consul.token_file, consul.ca_file, consul.certificate_file, consul.key_file
    )


def _entry_point(text: str) -> tuple[str, str]:
    name, _, place = text.partition("=")
    return name, place
