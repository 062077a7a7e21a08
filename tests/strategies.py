"""Text as a hostile or broken page may hold it, for every layer that takes scraped text."""

from hypothesis import strategies as st

NASTY = (
    "=?utf-8?q?a=0ABcc=3A_evil=40example.org?=",
    "=?utf-8?b?QmNjOiBhQGI=?=",
    "=??Q?=0A",
    "\r\nBcc: evil@example.org\r\n\r\n<b>body</b>",
    "\n.\n",
    "\x00",
    "\x0b\x0c\x1c\x85",
    "\u2028\u2029",
    "\u202egpj.exe",
    "\ufeff\u200b",
    "\ud800",
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }}{% raw %}",
    "{number}[: {fact}]",
    "javascript:alert(1)",
    "=HYPERLINK(1)",
    '" OR NEAR(',
    "R&D & C++",
    "e\u0301\u0308",
    "äöåÄÖÅ€–”",
    "𝔘🚀",
    "x" * 1200,
    "ä" * 400,
    "kissa " * 300,
)


def evil_text(max_parts: int = 5) -> st.SearchStrategy[str]:
    """Any text, and pieces that have broken mail, pages and queries before, in any order."""
    part = st.one_of(
        st.sampled_from(NASTY), st.text(max_size=30), st.text(alphabet="=?_utf-8qbQB:;<>@,.\r\n\t ", max_size=30)
    )
    return st.lists(part, max_size=max_parts).map("".join)
