from typing import Any

import pytest
from rest_framework.test import APIClient

SUPPORTED = "Supported versions are 1.2, 1.3, 1.4, 1.5, 1.6"


def get(client: APIClient, path: str = "/api/status/", accept: str = "application/json") -> Any:
    return client.get(path, headers={"Accept": accept})


def test_default_version_is_1_2(api: APIClient) -> None:
    assert get(api)["API-Version"] == "1.2"


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6"])
def test_version_of_accept_header_is_answered(api: APIClient, version: str) -> None:
    assert get(api, accept=f"application/json; version={version}")["API-Version"] == version


def test_version_of_query_parameter_is_answered(api: APIClient) -> None:
    assert get(api, "/api/status/?api_version=1.4")["API-Version"] == "1.4"


@pytest.mark.parametrize("version", ["1", "1.10", "2.0", "abc", "9.9"])
def test_unknown_version_in_header_is_not_acceptable(api: APIClient, version: str) -> None:
    answer = get(api, accept=f"application/json; version={version}")
    assert answer.status_code == 406
    assert answer.json() == {"detail": f'Invalid version in "Accept" header. {SUPPORTED}'}
    assert "API-Version" not in answer


def test_unknown_version_in_query_is_not_found(api: APIClient) -> None:
    answer = get(api, "/api/status/?api_version=2.0")
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith(SUPPORTED)


def test_two_different_versions_are_a_mismatch(api: APIClient) -> None:
    answer = get(api, "/api/status/?api_version=1.3", accept="application/json; version=1.4")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Version mismatch")


def test_trailing_semicolon_in_accept_header_is_read(api: APIClient) -> None:
    assert get(api, accept="application/json;").status_code == 200


def test_indent_is_honoured(api: APIClient) -> None:
    answer = get(api, "/api/", accept="application/json; version=1.3; indent=4")
    assert answer.content.startswith(b'{\n    "extras"')
    assert answer["Content-Type"] == "application/json"


def test_any_type_gets_json(api: APIClient) -> None:
    assert get(api, accept="*/*")["Content-Type"] == "application/json"


def test_type_that_nobody_writes_is_not_acceptable(api: APIClient) -> None:
    answer = get(api, accept="application/xml")
    assert answer.status_code == 406
    assert answer.json() == {"detail": "Could not satisfy the request Accept header."}


def test_format_parameter_against_accept_header_is_not_acceptable(api: APIClient) -> None:
    assert get(api, "/api/status/?format=json", accept="text/html").status_code == 406


def test_browser_gets_a_page_without_scripts_or_inline_styles(api: APIClient) -> None:
    answer = get(api, "/api/", accept="text/html")
    page = answer.content.decode()
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert page.startswith("<!DOCTYPE html")
    assert "<script" not in page
    assert "style=" not in page
    assert '<a href="http://testserver/api/extras/">http://testserver/api/extras/</a>' in page


def test_root_of_a_part_tells_no_version(api: APIClient) -> None:
    assert "API-Version" not in get(api, "/api/extras/")
