"""How the processes talk: framed messages over socket pairs, and descriptors handed along."""
