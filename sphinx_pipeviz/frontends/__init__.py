"""The thin front ends: the Sphinx directive and the command."""
