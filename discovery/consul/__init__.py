"""The place of the Consul source: a source as discovery.source describes it."""
