"""Flask pages, map and API on top of `locator`."""
