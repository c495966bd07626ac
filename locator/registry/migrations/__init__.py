"""The steps that bring an older registry's tables up to date."""
