"""The admin interface: health, metrics and the API."""
