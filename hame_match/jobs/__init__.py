"""The use-cases: what the command line, the scheduler and later the web pages ask for.

Each joins pure decisions with the edges and leaves all state in the database, so that it can be killed and run again.
"""
