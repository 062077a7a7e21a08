"""Makes digests of approved matches and sends them, each mail at most once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hame_match.deliver.mail import ascii_address
from hame_match.deliver.outbox import Cancelled, ConfirmedDelivered, SendAgain, advance
from hame_match.deliver.rendering import render
from hame_match.deliver.selection import choose
from hame_match.deliver.sending import SendReport, send_all, stop_on_signal
from hame_match.deliver.sentlog import SentLog
from hame_match.deliver.transport import FolderTransport, Transport
from hame_match.errors import DigestError, NotFoundError
from hame_match.jobs.locks import sole
from hame_match.jobs.workspace import Workspace
from hame_match.language import HELSINKI
from hame_match.model.actor import Actor
from hame_match.model.digest import Delivery, DeliveryState, Digest, Message, iso_week


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of one actor's digest.

    Attributes:
        actor: slug of the actor.
        items: number of calls in it.
        more: approved calls that wait for the next one.
        recipients: number of mails drafted.
        note: why there is none, or why it could not be made; empty when it was made.
        failed: whether it could not be made because of an error.
    """

    actor: str
    items: int = 0
    more: int = 0
    recipients: int = 0
    note: str = ""
    failed: bool = False


def digest_week(now: datetime) -> str:
    """Return the ISO week that a digest made at `now` is for: on a Sunday that of the coming Monday.

    >>> digest_week(datetime.fromisoformat("2026-08-02T18:00:00+03:00"))
    '2026-W32'
    >>> digest_week(datetime.fromisoformat("2026-08-03T07:00:00+03:00"))
    '2026-W32'
    """
    day = now.astimezone(HELSINKI).date()
    return iso_week(day + timedelta(days=1) if day.isoweekday() == 7 else day)


def compose(workspace: Workspace, actor: Actor, *, week: str, waiting_too: bool = False) -> Digest | None:
    """Return the digest that `actor` would get now, or None when there is nothing for it.

    Args:
        workspace: the surroundings.
        actor: whom it is for.
        week: ISO week it is for.
        waiting_too: take in what has gone or is queued, to look at it again.
    """
    store, now = workspace.store, workspace.clock()
    matches, reviews = store.matches.of_actor(actor.slug), store.reviews.of_actor(actor.slug)
    families = {match.folded_into or match.call_id for match in matches if match.call_id in reviews}
    asked = [match.call_id for match in matches if families & {match.folded_into, match.call_id}]
    known = {call_id: store.calls.get(call_id) for call_id in asked}
    calls = {call_id: stored.call for call_id, stored in known.items() if stored is not None}
    given = set() if waiting_too else store.digests.given(actor.slug)
    items, more = choose(matches, reviews, calls, given, now, workspace.settings.digest.max_items)
    return Digest(actor.slug, week, tuple(items), more, now) if items else None


def prepare(workspace: Workspace) -> list[Prepared]:
    """Draft this week's digest of every actor from what is approved now; run again, it refreshes the drafts.

    A digest whose mails are queued or gone is left as it is. One actor's trouble does not stop the others.

    Returns:
        One entry per actor, by slug.
    """
    week = digest_week(workspace.clock())
    return [_prepare_one(workspace, actor, week) for actor in workspace.actors]


def _prepare_one(workspace: Workspace, actor: Actor, week: str) -> Prepared:
    store, now = workspace.store, workspace.clock()
    digest_id = store.digests.find(actor.slug, week)
    if digest_id is not None:
        states = {delivery.state for delivery in store.outbox.find(digest_id=digest_id)}
        if states - {DeliveryState.DRAFTED}:
            return Prepared(actor.slug, note=f"the digest of {week} has been released already")
    recipients = [recipient for recipient in actor.recipients if recipient.subscribed]
    digest = compose(workspace, actor, week=week) if recipients else None
    if digest is None:
        if digest_id is not None:
            with store.transaction():
                store.digests.delete(digest_id)
        return Prepared(actor.slug, note="nothing new is approved" if recipients else "nobody to mail")
    try:
        messages = [render(digest, actor, recipient, workspace.settings.digest, now) for recipient in recipients]
    except DigestError as exc:
        return Prepared(actor.slug, note=str(exc), failed=True)
    with store.transaction():
        call_ids = [call_id for item in digest.items for call_id in (item.call.call_id, *item.given)]
        made = store.digests.put(actor.slug, week, call_ids, digest.more, now)
        store.outbox.draft(made, messages, now + timedelta(hours=workspace.settings.digest.expires_hours), now)
    return Prepared(actor.slug, len(digest.items), digest.more, len(messages))


def ready(workspace: Workspace) -> list[str]:
    """Return the slugs of actors for whom something approved waits to be mailed, sorted; changes nothing."""
    week = digest_week(workspace.clock())
    return [
        actor.slug
        for actor in workspace.actors
        if any(recipient.subscribed for recipient in actor.recipients) and compose(workspace, actor, week=week)
    ]


def preview(workspace: Workspace, slug: str) -> Message:
    """Return the mail that the first recipient of an actor would get now, those given already included.

    Raises:
        NotFoundError: no such actor, nobody to mail, or nothing approved.
    """
    actor = workspace.actor(slug)
    if not actor.recipients:
        raise NotFoundError(f"{slug} has no recipients; add them to its profile in {workspace.settings.profiles}")
    week = digest_week(workspace.clock())
    digest = compose(workspace, actor, week=week) or compose(workspace, actor, week=week, waiting_too=True)
    if digest is None:
        raise NotFoundError(
            f"nothing is approved for {slug}: see `hame-match matches list --actor {slug}`, then `matches approve`"
        )
    return render(digest, actor, actor.recipients[0], workspace.settings.digest, workspace.clock())


def to_send(workspace: Workspace) -> list[Delivery]:
    """Return what `send` would send now, without the refresh of drafts it begins with; changes nothing."""
    drafts = workspace.store.outbox.find(states=[DeliveryState.DRAFTED], week=digest_week(workspace.clock()))
    return drafts + workspace.store.outbox.due(workspace.clock())


def send(workspace: Workspace) -> tuple[list[Prepared], SendReport]:
    """Refresh this week's drafts, release them, and send everything that is due.

    Returns:
        (what became of each digest, what became of the mails).

    Raises:
        BusyError: another process is sending.
        TransportError: mail cannot be sent at all; what did not go stays queued.
        SettingsError: the password file is wrong.
    """
    store = workspace.store
    with sole(workspace.beside_database(".send.lock"), "sending"):
        prepared = prepare(workspace)
        now = workspace.clock()
        expires = now + timedelta(hours=workspace.settings.digest.expires_hours)
        with store.transaction():
            store.outbox.queue(digest_week(now), expires, now)
        return prepared, _send_waiting(workspace)


def send_waiting(workspace: Workspace) -> SendReport:
    """Send what is queued or to be tried again by now; drafts stay drafts.

    Raises:
        BusyError: another process is sending.
        TransportError: mail cannot be sent at all; what did not go stays queued.
    """
    with sole(workspace.beside_database(".send.lock"), "sending"):
        return _send_waiting(workspace)


def _send_waiting(workspace: Workspace) -> SendReport:
    store = workspace.store
    _cancel_unwanted(workspace)
    waiting = store.outbox.find(states=[DeliveryState.QUEUED, DeliveryState.RETRY, DeliveryState.IN_DOUBT])
    sent_log = SentLog(workspace.beside_database(".sent.log"))
    with stop_on_signal() as stop:
        return send_all(
            waiting, _transport(workspace), store.outbox, sent_log, workspace.clock, workspace.progress, stop
        )


def _cancel_unwanted(workspace: Workspace) -> None:
    """Call off mails to people who have unsubscribed, or left their profile, since the mail was made."""
    now = workspace.clock()
    wanted = {
        (actor.slug, ascii_address(recipient.address, actor.slug))
        for actor in workspace.actors
        for recipient in actor.recipients
        if recipient.subscribed
    }
    for delivery in workspace.store.outbox.find(states=[DeliveryState.QUEUED, DeliveryState.RETRY]):
        if (delivery.actor, delivery.recipient) not in wanted:
            step = advance(
                delivery.state, Cancelled(), attempts=delivery.attempts, at=now, expires_at=delivery.expires_at
            )
            answer = "the recipient is not subscribed any more"
            workspace.store.outbox.settle(delivery.delivery_id, step.state, answer, None, now)


def _transport(workspace: Workspace) -> Transport:
    delivery = workspace.settings.delivery
    if delivery.transport == "folder":
        return FolderTransport(workspace.settings.path(delivery.folder))
    from hame_match.deliver.smtp import SmtpTransport, server_of

    return SmtpTransport(server_of(workspace.settings))


def settle(workspace: Workspace, delivery_id: int, event: ConfirmedDelivered | SendAgain | Cancelled) -> Delivery:
    """Record a person's word on a mail that is in doubt or has failed.

    Returns:
        The delivery after it.

    Raises:
        NotFoundError: there is no such delivery.
        DigestError: the word makes no sense in its state.
    """
    now = workspace.clock()
    for delivery in workspace.store.outbox.find():
        if delivery.delivery_id == delivery_id:
            step = advance(delivery.state, event, attempts=delivery.attempts, at=now, expires_at=delivery.expires_at)
            workspace.store.outbox.settle(delivery_id, step.state, step.answer or delivery.answer, step.next_at, now)
            return next(d for d in workspace.store.outbox.find() if d.delivery_id == delivery_id)
    raise NotFoundError(f"there is no delivery {delivery_id}; `hame-match digests list` shows them")
