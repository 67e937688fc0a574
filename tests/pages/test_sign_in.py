"""The way in: a form, a one-time link, and the way out."""

from django.contrib.auth import get_user_model

from facility.access.services import make_sign_in_link, operator
from tests.access.rows import PASSWORD, WRONG


def test_a_stranger_to_the_product_is_asked_to_sign_in_and_comes_back(client, db):
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.url == "/sign-in/?next=/"


def test_name_and_password_open_the_sites(client, db):
    get_user_model().objects.create_user("ada", password=PASSWORD)
    answer = client.post("/sign-in/", {"username": "ada", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "No site yet" in answer.text


def test_a_wrong_password_is_refused_beside_the_form_and_keeps_the_name(client, db):
    get_user_model().objects.create_user("ada", password=PASSWORD)
    answer = client.post("/sign-in/", {"username": "ada", "password": WRONG})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert 'value="ada"' in answer.text


def test_a_link_signs_in_once(client, db):
    text = make_sign_in_link(operator())
    assert client.get(f"/sign-in/{text}/").url == "/"
    assert client.get("/").status_code == 200
    again = client.get(f"/sign-in/{text}/")
    assert again.status_code == 403
    assert "was used already" in again.text


def test_signing_out_takes_a_post(client, db):
    client.force_login(operator())
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == "/sign-in/"
    assert client.get("/").status_code == 302


def test_every_page_forbids_scripts_written_into_it(client, db):
    answer = client.get("/sign-in/")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<script>" not in answer.text
    assert " onclick" not in answer.text
