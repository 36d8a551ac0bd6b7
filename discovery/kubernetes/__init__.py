"""Kubernetes as a source: list and watch, objects to records, records to routes."""
