from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from filelock import FileLock

from hame_match.deliver.outbox import Cancelled, ConfirmedDelivered, SendAgain
from hame_match.errors import BusyError, DigestError, NotFoundError
from hame_match.jobs.digests import digest_week, prepare, preview, ready, send, send_waiting, settle, to_send
from hame_match.jobs.matching import rank_all
from hame_match.jobs.reviewing import decide
from hame_match.jobs.workspace import Workspace
from hame_match.model.actor import Actor
from hame_match.model.call import Call, Deadline
from hame_match.model.digest import DeliveryState
from hame_match.model.match import Reason, Verdict
from hame_match.store import Store, open_store
from tests.builders import NOW, a_call, a_match, a_recipient, a_workspace, an_actor, put_calls

ACTOR = "esimerkki-konepaja"
S = DeliveryState


def numbered(count: int) -> list[Call]:
    return [
        a_call(f"k{number}", deadlines=(Deadline(on=date(2027, 1, 1)),), titles={"fi": f"Hitsausrobotit {number}"})
        for number in range(count)
    ]


def ranked(store: Store, folder: Path, *actors: Actor, calls: int = 2, **changes: object) -> Workspace:
    put_calls(store, *numbered(calls))
    workspace = a_workspace(store, folder, *(actors or (an_actor(),)), **changes)  # type: ignore[arg-type]
    rank_all(workspace)
    return workspace


def at(workspace: Workspace, now: datetime) -> Workspace:
    return replace(workspace, clock=lambda: now)


def approve(workspace: Workspace, *keys: str, actor: str = ACTOR) -> None:
    decide(workspace, actor, list(keys), reviewer="tester")


def files(workspace: Workspace) -> list[Path]:
    return sorted((workspace.settings.root / "outbox").glob("*.eml"))


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    return ranked(store, tmp_path)


@pytest.mark.parametrize(
    ("local", "week"),
    [
        ("2026-09-05T23:59+03:00", "2026-W36"),
        ("2026-09-06T00:00+03:00", "2026-W37"),
        ("2026-09-05T21:30+00:00", "2026-W37"),
        ("2026-09-13T20:59+00:00", "2026-W38"),
        ("2026-09-13T21:00+00:00", "2026-W38"),
        ("2026-12-27T18:00+02:00", "2026-W53"),
        ("2027-01-02T18:00+02:00", "2026-W53"),
        ("2027-01-03T18:00+02:00", "2027-W01"),
    ],
)
def test_the_week_of_a_digest_is_helsinkis_and_a_sunday_looks_ahead(local: str, week: str) -> None:
    assert digest_week(datetime.fromisoformat(local)) == week


def test_nothing_approved_gives_no_digest(workspace: Workspace) -> None:
    [prepared] = prepare(workspace)
    assert (prepared.items, prepared.recipients, prepared.note) == (0, 0, "nothing new is approved")
    assert workspace.store.outbox.find() == []
    assert ready(workspace) == []


def test_an_approved_match_becomes_a_draft_and_nothing_is_sent(workspace: Workspace) -> None:
    approve(workspace, "k0")
    assert ready(workspace) == [ACTOR]
    [prepared] = prepare(workspace)
    assert (prepared.items, prepared.more, prepared.recipients, prepared.failed) == (1, 0, 1, False)
    [delivery] = workspace.store.outbox.find()
    assert (delivery.state, delivery.week, delivery.recipient) == (S.DRAFTED, "2026-W37", f"{ACTOR}@example.org")
    assert not files(workspace)


def test_preparing_twice_gives_the_same_bytes(workspace: Workspace) -> None:
    approve(workspace, "k0", "k1")
    prepare(workspace)
    first = workspace.store.outbox.find()[0].raw
    prepare(workspace)
    [delivery] = workspace.store.outbox.find()
    assert delivery.raw == first


def test_a_match_rejected_after_the_draft_disappears_from_it(workspace: Workspace) -> None:
    approve(workspace, "k0", "k1")
    prepare(workspace)
    decide(workspace, ACTOR, ["k0"], reviewer="tester", reason="too-big")
    [prepared] = prepare(workspace)
    assert prepared.items == 1
    decide(workspace, ACTOR, ["k1"], reviewer="tester", reason="too-big")
    [prepared] = prepare(workspace)
    assert prepared.note == "nothing new is approved"
    assert workspace.store.outbox.find() == []
    assert workspace.store.digests.find(ACTOR, "2026-W37") is None


def test_sending_writes_one_mail_per_recipient_and_remembers_it(store: Store, tmp_path: Path) -> None:
    actor = an_actor(
        recipients=(
            a_recipient("maija@example.org"),
            a_recipient("john@example.org", language="en"),
            a_recipient("left@example.org", subscribed=False),
        )
    )
    workspace = ranked(store, tmp_path, actor)
    approve(workspace, "k0")
    _, report = send(workspace)
    assert report.sent == 2
    written = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files(workspace)]
    assert {message["To"].addresses[0].addr_spec for message in written} == {"maija@example.org", "john@example.org"}
    assert {message["Content-Language"] for message in written} == {"fi", "en"}
    assert {delivery.state for delivery in store.outbox.find()} == {S.SENT}


def test_sending_again_writes_nothing(workspace: Workspace) -> None:
    approve(workspace, "k0")
    send(workspace)
    times = [file.stat().st_mtime_ns for file in files(workspace)]
    prepared, report = send(workspace)
    assert report.sent == 0
    assert prepared[0].note == "the digest of 2026-W37 has been released already"
    assert [file.stat().st_mtime_ns for file in files(workspace)] == times


def test_what_is_approved_after_the_digest_went_waits_for_the_next_week(workspace: Workspace) -> None:
    approve(workspace, "k0")
    send(workspace)
    approve(workspace, "k1")
    assert send(workspace)[1].sent == 0
    assert send(at(workspace, NOW + timedelta(days=7)))[1].sent == 1
    store = workspace.store
    weeks = {d.week: store.digests.items(d.digest_id) for d in store.outbox.find()}
    assert weeks == {"2026-W37": ["fi_haeavustuksia:k0"], "2026-W38": ["fi_haeavustuksia:k1"]}


def test_over_a_year_no_actor_gets_a_call_twice_and_the_rest_comes_in_turn(store: Store, tmp_path: Path) -> None:
    subjects = (
        "robotit",
        "kirjastot",
        "lampaat",
        "museot",
        "tuuli",
        "kaura",
        "sillat",
        "kuorot",
        "lelut",
        "luodit",
        "turve",
    )
    calls = [
        a_call(
            f"k{n}",
            titles={"fi": subject.title()},
            text=f"Tuemme: {subject}.",
            deadlines=(Deadline(on=date(2028, 1, 1)),),
        )
        for n, subject in enumerate(subjects)
    ]
    put_calls(store, *calls)
    workspace = a_workspace(store, tmp_path, an_actor("yksi"), an_actor("kaksi"), digest={"max_items": 2})
    for week in range(9):
        now = at(workspace, NOW + timedelta(weeks=week))
        rank_all(now)
        if week == 0:
            for actor in ("yksi", "kaksi"):
                approve(now, *(call.source_key for call in calls), actor=actor)
        send(now)
    for actor in ("yksi", "kaksi"):
        deliveries = [delivery for delivery in store.outbox.find() if delivery.actor == actor]
        given = [call_id for delivery in deliveries for call_id in store.digests.items(delivery.digest_id)]
        assert sorted(given) == sorted(call.call_id for call in calls)
        assert len(deliveries) == 6  # five of two, one of one, then none: a digest is never empty


def test_a_call_that_failed_to_reach_anybody_comes_again(workspace: Workspace) -> None:
    approve(workspace, "k0")
    send(workspace)
    [delivery] = workspace.store.outbox.find()
    workspace.store.outbox.settle(delivery.delivery_id, S.FAILED, "550 no such user", None, NOW)
    (workspace.beside_database(".sent.log")).unlink()
    send(at(workspace, NOW + timedelta(days=7)))
    assert [d.state for d in workspace.store.outbox.find()] == [S.FAILED, S.SENT]


def test_a_call_that_closes_before_it_is_sent_is_left_out(store: Store, tmp_path: Path) -> None:
    put_calls(store, a_call("soon", deadlines=(Deadline(on=date(2026, 9, 8)),)))
    workspace = a_workspace(store, tmp_path, an_actor())
    rank_all(workspace)
    approve(workspace, "soon")
    assert prepare(workspace)[0].items == 1
    assert prepare(at(workspace, NOW + timedelta(days=2)))[0].items == 0


def test_an_actor_without_recipients_gets_no_digest(store: Store, tmp_path: Path) -> None:
    nobody = an_actor(recipients=(a_recipient(subscribed=False),))
    workspace = ranked(store, tmp_path, nobody)
    approve(workspace, "k0")
    assert prepare(workspace)[0].note == "nobody to mail"
    assert ready(workspace) == []


def test_one_actors_trouble_does_not_stop_the_others(store: Store, tmp_path: Path) -> None:
    workspace = ranked(store, tmp_path, an_actor("hyva"), an_actor("vika"))
    for actor in ("hyva", "vika"):
        approve(workspace, "k0", actor=actor)
    newer = a_match("fi_haeavustuksia:k0", actor="vika", reasons=(Reason("status", Verdict.UNKNOWN, "no_words"),))
    with store.transaction():
        store.matches.replace("vika", [replace(newer, verdict=Verdict.UNKNOWN)])
    prepared, report = send(workspace)
    outcome = {one.actor: one for one in prepared}
    assert outcome["vika"].failed
    assert "no_words" in outcome["vika"].note
    assert (outcome["hyva"].failed, report.sent) == (False, 1)


def test_a_draft_of_last_week_is_never_sent(workspace: Workspace) -> None:
    approve(workspace, "k0")
    prepare(workspace)
    later = at(workspace, NOW + timedelta(days=7))
    assert to_send(later) == []
    assert send(later)[1].sent == 1
    assert [(d.week, d.state) for d in workspace.store.outbox.find()] == [
        ("2026-W37", S.DRAFTED),
        ("2026-W38", S.SENT),
    ]


def test_what_waits_is_sent_without_touching_drafts(workspace: Workspace) -> None:
    approve(workspace, "k0")
    prepare(workspace)
    assert send_waiting(workspace).sent == 0
    with workspace.store.transaction():
        workspace.store.outbox.queue("2026-W37", NOW + timedelta(hours=72), NOW)
    assert send_waiting(workspace).sent == 1


def test_a_restored_backup_sends_nothing_again(workspace: Workspace, tmp_path: Path) -> None:
    approve(workspace, "k0")
    send(workspace)
    [file] = files(workspace)
    file.unlink()
    [delivery] = workspace.store.outbox.find()
    workspace.store.outbox.settle(delivery.delivery_id, S.QUEUED, "", None, NOW)  # as the backup of yesterday has it
    assert send_waiting(workspace).known == 1
    assert not files(workspace)
    assert workspace.store.outbox.find()[0].state is S.SENT


@pytest.fixture
def elsewhere(workspace: Workspace) -> Iterator[None]:
    with FileLock(workspace.beside_database(".send.lock")):
        yield


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("what", [send, send_waiting])
def test_two_senders_cannot_run_at_once(workspace: Workspace, what: object) -> None:
    approve(workspace, "k0")
    with pytest.raises(BusyError, match=r"sending is already running in another process.*\.send\.lock"):
        what(workspace)  # type: ignore[operator]
    assert not files(workspace)


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (S.IN_DOUBT, ConfirmedDelivered(), S.SENT),
        (S.IN_DOUBT, SendAgain(), S.QUEUED),
        (S.FAILED, SendAgain(), S.QUEUED),
        (S.FAILED, Cancelled(), S.CANCELLED),
        (S.QUEUED, Cancelled(), S.CANCELLED),
    ],
)
def test_a_persons_word_settles_a_mail(
    workspace: Workspace, state: DeliveryState, event: ConfirmedDelivered | SendAgain | Cancelled, after: DeliveryState
) -> None:
    approve(workspace, "k0")
    prepare(workspace)
    workspace.store.outbox.settle(1, state, "why", None, NOW)
    assert settle(workspace, 1, event).state is after


def test_a_word_that_makes_no_sense_changes_nothing(workspace: Workspace) -> None:
    approve(workspace, "k0")
    send(workspace)
    with pytest.raises(DigestError, match="sent"):
        settle(workspace, 1, SendAgain())
    with pytest.raises(NotFoundError, match="there is no delivery 99"):
        settle(workspace, 99, SendAgain())
    assert workspace.store.outbox.find()[0].state is S.SENT


def test_a_preview_shows_what_would_go_and_what_has_gone(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="nothing is approved"):
        preview(workspace, ACTOR)
    approve(workspace, "k0")
    before = preview(workspace, ACTOR)
    assert "Hitsausrobotit 0" in before.text
    assert workspace.store.outbox.find() == []
    send(workspace)
    assert preview(workspace, ACTOR).text == before.text


def test_a_preview_of_nobody_names_the_actors(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match=f"no actor 'x'; the actors are: {ACTOR}"):
        preview(workspace, "x")


def test_two_databases_do_not_share_their_log_of_sent_mails(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with open_store(None) as store:
            workspace = ranked(store, tmp_path / name)
            approve(workspace, "k0")
            assert send(workspace)[1].sent == 1


def test_a_queued_mail_to_somebody_who_has_unsubscribed_is_called_off(store: Store, tmp_path: Path) -> None:
    wants = a_recipient(address="wants@kaarnapuro.example")
    stays, leaves = wants, a_recipient(address="leaves@kaarnapuro.example")
    workspace = ranked(store, tmp_path, an_actor(slug=ACTOR, recipients=(stays, leaves)))
    approve(workspace, "1")
    prepare(workspace)
    with store.transaction():
        store.outbox.queue(digest_week(NOW), NOW + timedelta(days=1), NOW)
    gone = leaves.model_copy(update={"subscribed": False})
    left = replace(workspace)
    left.__dict__["actors"] = [an_actor(slug=ACTOR, recipients=(stays, gone))]
    report = send_waiting(left)
    assert report.sent == 1
    states = {delivery.recipient: delivery.state for delivery in store.outbox.find()}
    assert states == {stays.address: DeliveryState.SENT, leaves.address: DeliveryState.CANCELLED}
