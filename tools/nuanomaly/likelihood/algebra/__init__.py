"""Profiles, tables of many data sets, collapsed nodes: mathematics that knows no experiment."""
