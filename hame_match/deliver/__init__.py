"""What a digest holds and how it reaches people.

`selection` decides what goes in, `entries` and `timing` say it in the reader's language with the wording of `words`,
`rendering` and `mail` make the message once, `outbox` knows every state a mail can be in, `sending` takes it through a
`transport` (a folder, or a server with `smtp`), and `sentlog` remembers what has gone whatever becomes of the database.
"""
