"""Names of annotations, mapped onto the one table of options."""
