"""Static files by names that tell their content: kept for a year, compressed, and nothing else of the disk."""

import gzip
import re

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

STYLES = "foureyes/app.css"
BUNDLE = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"


@pytest.fixture
def browser_client() -> Client:
    return Client(headers={"Accept-Encoding": "gzip, deflate, br, zstd"})


def test_names_tell_the_content_and_are_kept_for_a_year(client: Client) -> None:
    assert re.fullmatch(r"/static/foureyes/app\.[0-9a-f]{12}\.css", static(STYLES))
    answer = client.get(static(STYLES))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer["Vary"] == "Accept-Encoding"


def test_styles_point_to_fonts_by_their_names(client: Client) -> None:
    fonts = re.findall(r'url\("(.+?)"\)', client.get(static(STYLES)).content.decode())
    assert set(fonts) == {static("foureyes/inter.woff2"), static("foureyes/jetbrains-mono.woff2")}
    for font in fonts:
        assert client.get(font)["Content-Type"] == "font/woff2"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", ""),
        ("", ""),
    ],
)
def test_text_is_sent_in_the_best_form_that_is_accepted(client: Client, accepted: str, encoding: str) -> None:
    plain = client.get(static(STYLES), headers={"Accept-Encoding": "identity"}).content
    answer = client.get(static(STYLES), headers={"Accept-Encoding": accepted})
    assert answer.get("Content-Encoding", "") == encoding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding]
    assert unpack(answer.content) == plain
    assert answer["Content-Length"] == str(len(answer.content))


def test_fonts_are_not_compressed_again(browser_client: Client) -> None:
    assert "Content-Encoding" not in browser_client.get(static("foureyes/inter.woff2"))


def test_what_a_browser_has_is_not_sent_again(browser_client: Client) -> None:
    first = browser_client.get(static(STYLES))
    again = browser_client.get(static(STYLES), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_plain_names_are_kept_for_an_hour_only(client: Client) -> None:
    assert client.get(f"/static/{STYLES}")["Cache-Control"] == "public, max-age=3600"


def test_a_name_of_another_release_gets_what_there_is_for_once(client: Client) -> None:
    answer = client.get("/static/foureyes/app.0123456789ab.css")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "no/such.css",
        "foureyes",
        "foureyes/",
        "",
        "../settings.py",
        "foureyes/../../settings.py",
        "%2e%2e/settings.py",
        "a%00b",
    ],
)
def test_nothing_but_static_files_is_found(client: Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_static_files_are_only_read(client: Client) -> None:
    assert client.post(static(STYLES)).status_code == 405
    head = client.head(static(STYLES))
    assert head.content == b""
    assert int(head["Content-Length"]) > 1000


def test_redoc_loads_no_picture_from_elsewhere(client: Client) -> None:
    source = finders.find(BUNDLE)
    assert isinstance(source, str)
    assert b"cdn.redoc.ly" not in client.get(static(BUNDLE)).content


def test_pages_are_compressed_and_answers_of_the_api_are_not(browser_client: Client, db: None) -> None:
    page = browser_client.get("/account/sign-in/")
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert "Content-Encoding" not in browser_client.get("/api/swagger.json")
