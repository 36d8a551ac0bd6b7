"""The metrics of what is discovered: sources, shifts, problems, and how much there is."""

from typing import Final

from ingress.admin import samples
from ingress.admin.family import Family

DISCOVERY_FAMILIES: Final = (
    Family(
        "headgate_shift_kubernetes_share",
        "gauge",
        "Of the requests to a backend that is shifted, the part that goes to Kubernetes now.",
        samples.shift_shares,
        ("backend",),
    ),
    Family(
        "headgate_shift_state",
        "gauge",
        "1 for the state that a shift is in, 0 for the others.",
        samples.shift_states,
        ("backend", "state"),
    ),
    Family(
        "headgate_shift_part",
        "gauge",
        "1 for the part that this replica has in a shift, 0 for the others.",
        samples.shift_parts,
        ("backend", "part"),
    ),
    Family(
        "headgate_source_state",
        "gauge",
        "1 for the state that a source is in.",
        samples.source_state,
        ("source", "state"),
    ),
    Family(
        "headgate_source_age_seconds",
        "gauge",
        "Time since a source last proved to be alive.",
        samples.source_age,
        ("source",),
    ),
    Family(
        "headgate_discovery_lag_seconds",
        "summary",
        "Time from a change of endpoints in the cluster until its source told of it.",
        samples.lags,
        ("source",),
    ),
    Family(
        "headgate_discovery_lag_max_seconds",
        "gauge",
        "The longest such time since the controller started.",
        samples.longest_lags,
        ("source",),
    ),
    Family(
        "headgate_source_lists_total",
        "counter",
        "How often a source read a kind of objects from the start.",
        samples.source_lists,
        ("source", "kind"),
    ),
    Family(
        "headgate_source_refusals_total",
        "counter",
        "Requests of a source that were refused, by status: 410 (too old), 429 (too many), 403 and others.",
        samples.source_refusals,
        ("source", "kind", "code"),
    ),
    Family(
        "headgate_problems",
        "gauge",
        "What of users' objects could not be honoured, by source and kind of object.",
        samples.problems,
        ("source", "kind"),
    ),
    Family(
        "headgate_hosts", "gauge", "Hosts with routes.", samples.one(lambda scrape: len(scrape.view.hosts()))
    ),
    Family(
        "headgate_backends",
        "gauge",
        "Backends, those without servers included.",
        samples.one(lambda scrape: len(scrape.view.backends())),
    ),
    Family(
        "headgate_certificate_not_after_seconds",
        "gauge",
        "When a certificate expires, in seconds since the epoch.",
        samples.certificates,
        ("certificate",),
    ),
)
