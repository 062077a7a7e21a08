"""The replay server that stands in for the sources, and the calls of the demo; no network is needed for either."""
