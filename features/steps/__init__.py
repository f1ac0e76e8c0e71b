"""The steps that features are written in, a module for each role. Steps never judge."""
