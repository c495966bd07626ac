"""Reads the world: OpenStreetMap, GIS files, tables, datums, and a sample city.

The ground floor: imports neither `locator` nor `webapp`.
"""
