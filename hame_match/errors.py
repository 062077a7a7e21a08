"""Every error a person may have to act on.

A message names the subject, the value found and the remedy. Errors of other libraries are wrapped at the edge with
``raise ... from exc``.
"""


class HameMatchError(Exception):
    """Root of all our errors; the command line prints its message and exits with code 1."""


class SettingsError(HameMatchError):
    """A settings file is missing, cannot be read or holds a wrong value. Raised by `settings.load`."""


class ProfileError(HameMatchError):
    """An actor profile is wrong; the message gives file and line. Raised by `profiles.load_actors`."""


class RegionError(HameMatchError):
    """The region file is wrong or names an unknown municipality. Raised by `profiles.load_region`."""


class StoreError(HameMatchError):
    """The database cannot be opened, is from a newer version or is locked. Raised by every method of `store`."""


class NotFoundError(HameMatchError):
    """Something was asked for by a name that does not exist. Raised by `jobs`."""


class ParseError(HameMatchError):
    """A record of a source does not have the shape it must have. Raised by `collect.parsing` and the spiders."""


class SourceFault(HameMatchError):  # noqa: N818 - a fault of theirs, not an error of ours
    """A source as a whole cannot be trusted in this run. Raised by spiders: the run is FAILED, nothing changes."""


class CrawlError(HameMatchError):
    """The child process that crawls could not be run or gave no report. Raised by `collect.runner`."""


class EmbeddingError(HameMatchError):
    """The embedding model is missing, broken or gave vectors of the wrong shape. Raised by `match.embedding`."""


class EvaluationError(HameMatchError):
    """A file of an evaluation is wrong, or nothing can be measured by it. Raised by `jobs` behind `evaluate`."""


class RankingError(HameMatchError):
    """A call cannot be held against the actors: it is closed, or nothing was ranked yet. Raised by `jobs`."""


class ReviewError(HameMatchError):
    """A decision cannot be recorded, for instance a rejection without a known reason code. Raised by `review`."""


class DigestError(HameMatchError):
    """A digest cannot be rendered or is not in a state that allows the step. Raised by `deliver` and `jobs`."""


class HeaderError(DigestError):
    """A rendered message has a header it must not have. Raised by `deliver.mail`."""


class TransportError(HameMatchError):
    """Mail cannot be sent at all: host, TLS, login or sender refused. Raised by `deliver.smtp`; the run stops."""


class BusyError(HameMatchError):
    """Another process holds the lock. Raised by `jobs.locks` when two schedulers or senders would run at once."""
