"""Spiders' base class, strict parsing, source health and the child process that crawls.

A spider's author needs `collect.spider.CallSpider` and `collect.parsing`; everybody else `collect.runner` and
`collect.health`. This module and those two import neither scrapy nor twisted.
"""

from hame_match.errors import ParseError, SourceFault

__all__ = ["ParseError", "SourceFault"]
