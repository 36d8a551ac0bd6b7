"""Certificates in files as a source: for listeners that no cluster has certificates for."""
