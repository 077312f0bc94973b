"""bionet."""
