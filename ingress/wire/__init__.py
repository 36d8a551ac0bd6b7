"""HTTP/1 as bytes in and decisions out, without I/O."""
