"""The stand-in for the EU search service has the manners and the faults recorded of the real one."""

import json
from collections import Counter
from urllib.parse import urlencode

import pytest

from hame_match.demo.sedia import (
    API_HOST,
    CONFIG_PATH,
    FACET_PATH,
    PORTAL_HOST,
    SEARCH_PATH,
    UNFILTERED_TOTAL,
    SediaSite,
)
from hame_match.demo.sedia_rows import (
    CLOSED,
    FORTHCOMING,
    OPEN,
    Budget,
    Cascade,
    Topic,
    cascade_row,
    other_row,
    stale_mirror,
    stub,
    topic_rows,
    translation,
)
from hame_match.demo.server import ReplayServer
from tests.demo.client import MULTIPART, ask, multipart, serving

IN_ORDER = {"field": "identifier", "order": "ASC"}


def topic(number, **facts):
    return Topic(
        reference=f"{5000 + number}TOPICSen",
        identifier=f"HORIZON-CLX-2026-{number:04}",
        title=facts.pop("title", f"Topic {number}"),
        start=facts.pop("start", "2026-05-05"),
        deadlines=facts.pop("deadlines", ("2026-09-15",)),
        call_identifier=facts.pop("call_identifier", f"HORIZON-CLX-2026-{number // 4}"),
        type_of_action="HORIZON  Research and Innovation Actions",
        **facts,
    )


def rows(count=3, **facts):
    return topic_rows([topic(number, **facts) for number in range(count)])


def types(*kinds):
    return {"bool": {"must": [{"terms": {"type": list(kinds)}}]}}


def search(server, query=None, *, page=1, size=100, text="***", languages=("en",), **parts):
    parts = {"query": query or types("1", "8"), "languages": list(languages), **parts}
    url = f"{server.url}/{API_HOST}{SEARCH_PATH}?" + urlencode(
        {"apiKey": "SEDIA", "text": text, "pageSize": size, "pageNumber": page}
    )
    return ask(url, multipart(parts), MULTIPART)


def references(answer):
    return [row["reference"] for row in answer.json["results"]]


def harvest(server, pages, **options):
    return [reference for page in range(1, pages + 1) for reference in references(search(server, page=page, **options))]


def test_settings_file_names_the_services_and_the_key():
    with serving(SediaSite(rows())) as server:
        sedia = ask(f"{server.url}/{PORTAL_HOST}{CONFIG_PATH}").json["modules"]["sedia"]
    assert sedia == {
        "corporateSearchUrl": f"https://{API_HOST}{SEARCH_PATH}",
        "facetUrl": f"https://{API_HOST}{FACET_PATH}",
        "corporateSearchApiKey": "SEDIA",
    }


def test_both_hosts_serve_robots_and_know_no_other_paths():
    with serving(SediaSite(rows(), robots="User-agent: *\nDisallow: /x\n")) as server:
        for host in (PORTAL_HOST, API_HOST):
            assert "Disallow: /x" in ask(f"{server.url}/{host}/robots.txt").text
            assert ask(f"{server.url}/{host}/nothing").status == 404


def test_envelope_and_result_are_as_recorded():
    with serving(SediaSite(rows(1))) as server:
        page = search(server).json
    assert list(page) == [
        "apiVersion", "terms", "responseTime", "totalResults", "pageNumber", "pageSize", "sort", "groupByField",
        "queryLanguage", "bestBets", "warnings", "results",
    ]  # fmt: skip
    assert (page["terms"], page["totalResults"], page["pageNumber"], page["pageSize"]) == ("***", 1, 1, 100)
    row = page["results"][0]
    assert row["reference"] == "5000TOPICSen"
    assert row["metadata"]["deadlineDate"] == ["2026-09-15T00:00:00.000+0000"]
    assert all(isinstance(value, list) for value in row["metadata"].values())


@pytest.mark.parametrize("filename", ["blob", "query.json", None])
def test_part_with_its_own_json_type_is_read_with_any_filename(filename):
    body = multipart({"query": types("8"), "languages": ["en"]}, filename=filename)
    with serving(SediaSite(rows())) as server:
        answer = ask(f"{server.url}/{API_HOST}{SEARCH_PATH}?apiKey=SEDIA&text=***", body, MULTIPART)
    assert (answer.status, answer.json["totalResults"]) == (200, 0)


def test_plain_form_fields_are_an_error_500():
    body = multipart({"query": types("1")}, filename=None, json_type=False)
    with serving(SediaSite(rows())) as server:
        answer = ask(f"{server.url}/{API_HOST}{SEARCH_PATH}?apiKey=SEDIA&text=***", body, MULTIPART)
    assert (answer.status, answer.json["type"]) == (500, "throwable")


def test_json_body_has_its_filter_silently_ignored():
    site = SediaSite([*rows(2), other_row("3", "9TENDERSen", "A page")])
    with serving(site) as server:
        url = f"{server.url}/{API_HOST}{SEARCH_PATH}?apiKey=SEDIA&text=***"
        body = json.dumps({"query": types("1"), "languages": ["en"]}).encode()
        answer = ask(url, body, {"Content-Type": "application/json"})
    assert answer.status == 200
    assert answer.json["totalResults"] > 20_000
    assert "3" in {row["metadata"]["type"][0] for row in answer.json["results"]}


def test_query_in_the_address_is_silently_ignored():
    with serving(SediaSite(rows(2))) as server:
        query = urlencode({"apiKey": "SEDIA", "text": "***", "query": json.dumps(types("8"))})
        answer = ask(f"{server.url}/{API_HOST}{SEARCH_PATH}?{query}", b"", {"Content-Type": "text/plain"})
    assert (answer.status, answer.json["totalResults"]) == (200, UNFILTERED_TOTAL + 2)


def test_get_is_not_allowed():
    with serving(SediaSite(rows())) as server:
        assert ask(f"{server.url}/{API_HOST}{SEARCH_PATH}?apiKey=SEDIA&text=***").status == 405


@pytest.mark.parametrize(
    "query",
    [
        {"wildcard": {"identifier": "HORIZON-*"}},
        {"match": {"title": "soil"}},
        {"bool": {"should": [{"term": {"type": "1"}}]}},
        {"bool": {"must": [{"term": {"type": "0"}}, {"match": {"title": "soil"}}]}},
        {"range": {"startDate": {"from": "2026-01-01T00:00:00.000+0000"}}},
        {},
        [],
    ],
)
@pytest.mark.parametrize("count", [0, 2])
def test_unknown_query_language_is_refused(query, count):
    with serving(SediaSite(rows(count))) as server:
        answer = search(server, {"bool": {"must": [query]}})
    assert (answer.status, answer.json["type"], answer.json["message"]) == (
        400, "businessError", "Invalid Query format",
    )  # fmt: skip


def test_part_that_is_no_json_is_refused():
    with serving(SediaSite(rows())) as server:
        assert search(server, sort="{field").status == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"term": {"status": FORTHCOMING}}, {0}),
        ({"terms": {"status": [FORTHCOMING, CLOSED]}}, {0, 2}),
        ({"bool": {"must_not": [{"term": {"status": OPEN}}]}}, {0, 2}),
        ({"exists": {"field": "callTitle"}}, {1}),
        ({"range": {"startDate": {"gte": "2026-06-01T00:00:00.000+0000"}}}, {0, 1}),
        ({"range": {"startDate": {"gt": "2026-06-01T00:00:00.000+0000", "lt": "2026-08-01T00:00:00.000+0000"}}}, {0}),
    ],
)
def test_query_operators_select(query, found):
    made = topic_rows(
        [
            topic(0, status=FORTHCOMING, start="2026-07-01"),
            topic(1, status=OPEN, start="2026-06-01", call_title="A call"),
            topic(2, status=CLOSED, start="2026-05-01"),
        ]
    )
    with serving(SediaSite(made)) as server:
        answer = search(server, {"bool": {"must": [{"terms": {"type": ["1"]}}, query]}})
    assert set(references(answer)) == {f"{5000 + number}TOPICSen" for number in found}


@pytest.mark.parametrize("bound", ["2026-06-02", "2099-01-01"])
def test_range_with_a_bare_date_compares_nothing(bound):
    query = {"bool": {"must": [{"range": {"startDate": {"gte": bound}}}]}}
    with serving(SediaSite([*rows(2), other_row("6", "9UPDATESen", "Without a date")])) as server:
        answer = search(server, query)
    assert (answer.status, answer.json["totalResults"]) == (200, 2)


def test_page_size_is_capped_at_100():
    with serving(SediaSite(rows(130))) as server:
        answer = search(server, size=500, sort=IN_ORDER)
    assert (answer.json["pageSize"], len(answer.json["results"]), answer.json["totalResults"]) == (100, 100, 130)


def test_sorted_by_identifier_pages_hold_every_row_once():
    with serving(SediaSite(rows(230))) as server:
        seen = harvest(server, 3, sort=IN_ORDER)
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen) == 230


@pytest.mark.parametrize("sort", [None, {"field": "sortStatus", "order": "ASC"}])
def test_without_a_firm_order_pages_overlap_and_miss_rows(sort):
    parts = {"sort": sort} if sort else {}
    with serving(SediaSite(rows(230))) as server:
        seen = harvest(server, 3, **parts)
        again = harvest(server, 3, **parts)
    assert seen == again, "the shuffle is the same in every run"
    assert len(seen) == 230
    assert len(set(seen)) < 230


def test_rows_without_the_sort_field_are_left_out():
    with serving(SediaSite([*rows(1), other_row("1", "9TOPICSen", "Without a start")])) as server:
        answer = search(server, sort={"field": "es_SortDate", "order": "DESC"})
    assert references(answer) == ["5000TOPICSen"]
    assert answer.json["totalResults"] == 2


def test_nothing_is_served_beyond_the_window():
    made = [other_row("1", f"{number:06}TOPICSen", "T", identifier=f"{number:06}") for number in range(10_050)]
    with serving(SediaSite(made)) as server:
        last = search(server, page=100, sort=IN_ORDER)
        beyond = search(server, page=101, sort=IN_ORDER)
    assert last.json["totalResults"] == 10_050
    assert (len(last.json["results"]), len(beyond.json["results"])) == (100, 0)


def test_translations_are_rows_of_their_own():
    english = rows(1)[0]
    finnish = translation(english, "fi", "Aihe")
    with serving(SediaSite([english, finnish])) as server:
        assert references(search(server)) == ["5000TOPICSen"]
        assert references(search(server, languages=["fi"])) == ["5000TOPICSfi"]
        assert search(server, languages=[]).json["totalResults"] == 2


def test_display_fields_limit_the_metadata_only():
    with serving(SediaSite(rows(1))) as server:
        row = search(server, displayFields=["identifier", "title", "budget"]).json["results"][0]
    assert set(row["metadata"]) == {"identifier", "title"}
    assert {"reference", "url", "summary", "language", "checksum"} <= set(row)


def test_same_reference_may_come_twice_and_counts_twice():
    full = rows(1, description="<p>Text</p>")[0]
    with serving(SediaSite([stub(full), full])) as server:
        answer = search(server, sort=IN_ORDER)
    first, second = answer.json["results"]
    assert first["reference"] == second["reference"]
    assert "deadlineDate" not in first["metadata"]
    assert "descriptionByte" in second["metadata"]
    assert answer.json["totalResults"] == 2


def test_stale_mirror_is_open_for_ever_and_has_no_text():
    mirror = stale_mirror(rows(1, description="<p>Text</p>")[0])
    assert mirror["reference"] == "5000HORIZONResearchandInnovationActions1673308800000"
    assert mirror["url"].endswith("/HORIZON-CLX-2026-0000.json")
    assert mirror["metadata"]["DATASOURCE"] == ["SEDIA_PRD_CENTRICITY"]
    assert (mirror["metadata"]["status"], mirror["metadata"]["deadlineDate"]) == (
        [OPEN], ["2023-09-20T17:00:00.000+0000"],
    )  # fmt: skip
    assert "descriptionByte" not in mirror["metadata"]


def cascade(reference, **facts):
    return Cascade(
        reference=reference,
        identifier="PARENT-2024",
        title="The parent topic",
        call_title=facts.pop("call_title", "Our open call"),
        call_ccm2_id="46214053",
        start="2026-06-01",
        deadlines=("2026-09-02T03:59",),
        **facts,
    )


def test_cascade_call_carries_its_parents_names_and_may_share_its_address():
    first, second = cascade_row(cascade("1COMPETITIVE_CALLen")), cascade_row(cascade("2COMPETITIVE_CALLen"))
    assert first["url"] == second["url"]
    assert first["summary"] == "Our open call"
    fields = first["metadata"]
    assert (fields["identifier"], fields["title"], fields["callTitle"]) == (
        ["PARENT-2024"], ["The parent topic"], ["Our open call"],
    )  # fmt: skip
    assert fields["description"] == []
    assert fields["deadlineDate"] == ["2026-09-02T03:59:00.000+0000"]


def test_row_without_metadata_is_found_by_its_own_fields():
    bare = cascade_row(cascade("1COMPETITIVE_CALLen", bare=True, budget="30500"))
    with serving(SediaSite([bare])) as server:
        row = search(server, types("8"), displayFields=["title"]).json["results"][0]
    assert "metadata" not in row
    assert (row["callTitle"], row["budget"], row["language"]) == (["Our open call"], ["30500"], "en")


def test_keywords_come_as_a_list_or_as_one_string():
    listed = rows(1, keywords=("soil",))[0]["metadata"]["keywords"]
    packed = rows(1, keywords=("soil",), keywords_as_string=True)[0]["metadata"]["keywords"]
    assert listed == ["HORIZON-CLX-2026-0000", "HORIZON-CLX-2026-0", "soil"]
    assert len(packed) == 1
    assert json.loads(packed[0]) == listed


def test_budget_overview_lists_all_topics_of_the_call():
    made = topic_rows(
        [topic(n, budget=Budget(total=6_000_000 * (n + 1), grants=2, smallest=3e6, largest=3e6)) for n in range(3)]
    )
    overview = json.loads(made[0]["metadata"]["budgetOverview"][0])
    entries = [entry for group in overview["budgetTopicActionMap"].values() for entry in group]
    assert {entry["action"].split(" - ")[0] for entry in entries} == {f"HORIZON-CLX-2026-{n:04}" for n in range(3)}
    assert "HORIZON-RIA HORIZON  Research and Innovation Actions" in entries[0]["action"]
    assert entries[0]["budgetYearMap"] == {"2026": "6000000"}
    assert entries[0]["minContribution"] == 3_000_000


def test_actions_name_the_two_stages():
    made = topic_rows([topic(0, deadlines=("2026-04-14", "2026-09-22"), deadline_model="two-stage")])[0]
    action = json.loads(made["metadata"]["actions"][0])[0]
    assert action["submissionProcedure"]["id"] == 31094505
    assert action["deadlineDates"] == ["2026-04-14", "2026-09-22"]


@pytest.mark.parametrize(
    ("text", "found"), [('"circular glass"', 1), ("circular soil", 2), ('"HORIZON-CLX-2026-0002"', 1), ("***", 3)]
)
def test_text_is_a_phrase_in_quotes_and_any_word_without(text, found):
    titles = ["Circular glass", "Healthy soil", "Glass, circular or not"]
    made = topic_rows([topic(n, title=title) for n, title in enumerate(titles)])
    made[2]["summary"] = made[2]["metadata"]["title"][0] = "Nuclear"
    with serving(SediaSite(made)) as server:
        assert search(server, text=text).json["totalResults"] == found


def facet(server, parts):
    url = f"{server.url}/{API_HOST}{FACET_PATH}?apiKey=SEDIA&text=***"
    return ask(url, multipart(parts), MULTIPART)


def test_facets_keep_their_encoded_labels_and_codes_without_one():
    labels = {"frameworkProgramme": [{"rawValue": "43252449", "value": "Research Fund for Coal %26 Steel (RFCS)"}]}
    made = topic_rows([topic(0, programme="43252449"), topic(1, programme="99"), topic(2, programme="99")])
    with serving(SediaSite(made, labels)) as server:
        answer = facet(server, {"query": types("1"), "languages": ["en"]}).json
    assert answer["facets"][0]["name"] == "frameworkProgramme"
    assert [(v["rawValue"], v["value"], v["count"]) for v in answer["facets"][0]["values"]] == [
        ("99", "99", 2),
        ("43252449", "Research Fund for Coal %26 Steel (RFCS)", 1),
    ]


def test_facet_takes_its_display_language_as_a_plain_field():
    body = multipart({"query": types("1")}).removesuffix(b"--frontier--\r\n")
    body += b'--frontier\r\nContent-Disposition: form-data; name="displayLanguage"\r\n\r\nen\r\n--frontier--\r\n'
    with serving(SediaSite(rows())) as server:
        assert ask(f"{server.url}/{API_HOST}{FACET_PATH}?apiKey=SEDIA&text=***", body, MULTIPART).status == 200


def test_overload_answers_429_and_503_and_then_recovers():
    with serving(SediaSite(rows(), faults={"overload": 2})) as server:
        first, second, third = (search(server) for _ in range(3))
    assert (first.status, first.headers["Retry-After"]) == (429, "1")
    assert (second.status, third.status) == (503, 200)


def test_ignored_filter_serves_types_nobody_asked_for():
    site = SediaSite([*rows(1), other_row("0", "9TENDERSen", "A tender")], faults={"ignored_filter"})
    with serving(site) as server:
        answer = search(server)
    assert answer.json["totalResults"] > 20_000
    assert Counter(row["metadata"]["type"][0] for row in answer.json["results"]) == {"0": 1, "1": 1}


def test_html_instead_comes_with_status_200():
    with serving(SediaSite(rows(), faults={"html_instead"})) as server:
        answer = search(server)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_truncated_json_cannot_be_parsed():
    with serving(SediaSite(rows(), faults={"truncated_json"})) as server:
        answer = search(server)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


def test_empty_claims_zero_results():
    with serving(SediaSite(rows(), faults={"empty"})) as server:
        answer = search(server)
    assert (answer.json["totalResults"], answer.json["results"]) == (0, [])


def test_short_pages_miss_rows_that_another_order_shows():
    with serving(SediaSite(rows(150), faults={"short_pages"})) as server:
        first = harvest(server, 2, sort=IN_ORDER)
        second = harvest(server, 2, sort={"field": "identifier", "order": "DESC"})
    assert len(set(first)) == 148
    assert len({*first, *second}) == 150


def test_missing_settings_file_and_broken_facets_leave_the_search_alone():
    with serving(SediaSite(rows(), faults={"config_missing", "facet_error"})) as server:
        assert ask(f"{server.url}/{PORTAL_HOST}{CONFIG_PATH}").status == 404
        assert facet(server, {"query": types("1")}).status == 500
        assert search(server).status == 200


def test_unknown_fault_is_refused():
    with pytest.raises(ValueError, match="no such fault"):
        SediaSite([], faults={"earthquake"})


def test_server_logs_requests_and_knows_only_its_hosts():
    with serving(SediaSite(rows())) as server:
        assert ask(f"{server.url}/example.org/robots.txt").status == 404
        search(server, text="a b", page=2)
        seen = server.requests
    assert seen[0] == ("GET", "example.org", "/robots.txt", "")
    assert (seen[1].method, seen[1].host, seen[1].path) == ("POST", API_HOST, SEARCH_PATH)
    assert seen[1].query == "apiKey=SEDIA&text=a+b&pageSize=100&pageNumber=2"


def test_server_has_no_address_outside_its_block():
    with pytest.raises(RuntimeError, match="only inside"):
        _ = ReplayServer({}).url
