"""What every request and every process relies on: headers, JSON, static files, settings."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from io import BytesIO

import pytest
from django.contrib.staticfiles import finders
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ParseError

from facility.rendering import JSONParser, JSONRenderer
from tests.services import ROOT

PROBE = "import json; from facility import settings as s; print(json.dumps({expression}))"


def setting(expression, **variables):
    """Return a setting as a fresh process reads it from these variables alone."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(expression=expression)],
        cwd=ROOT,
        env={**kept, "SECRET_KEY": "x", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.django_db
def test_every_answer_forbids_foreign_content_and_inline_script(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy


def test_health_is_only_read(client):
    assert client.post("/healthz").status_code == 405


def test_json_out_writes_what_serializers_hand_over():
    data = {"a_kw": 0.1, "b": Decimal("1.50"), "c": gettext_lazy("Site"), 4: [True, None]}
    assert JSONRenderer().render(data) == b'{"a_kw":0.1,"b":"1.50","c":"Site","4":[true,null]}'


def test_an_answer_without_data_has_no_body():
    assert JSONRenderer().render(None) == b""


def test_json_out_refuses_what_has_no_json_form():
    with pytest.raises(TypeError, match="JSON"):
        JSONRenderer().render({"x": object()})


@pytest.mark.parametrize("text", [b"{", b"[NaN]", b"Infinity", b"\xff"])
def test_json_in_refuses_what_is_no_json(text):
    with pytest.raises(ParseError):
        JSONParser().parse(BytesIO(text))


def test_json_in_reads_a_document():
    assert JSONParser().parse(BytesIO('{"name":"Zürich"}'.encode())) == {"name": "Zürich"}


def test_plotly_comes_from_its_package_and_nothing_else_of_it_is_served():
    assert finders.find("vendor/plotly/plotly.min.js").endswith("plotly.min.js")
    assert finders.find("vendor/plotly/widgetbundle.js") is None
    listed = [
        name for finder in finders.get_finders() for name, _ in finder.list([]) if "plotly" in name
    ]
    assert listed == ["plotly.min.js"]


def test_a_redis_broker_gives_tasks_of_dead_workers_back_soon_but_never_a_running_one():
    options = setting("s.CELERY_BROKER_TRANSPORT_OPTIONS", CELERY_BROKER_URL="redis://h")
    assert options["visibility_timeout"] >= 3600
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 5


def test_rabbitmq_gets_no_options_that_it_does_not_know():
    has_options = "hasattr(s, 'CELERY_BROKER_TRANSPORT_OPTIONS')"
    assert setting(has_options, CELERY_BROKER_URL="amqp://h") is False


def test_postgresql_is_taken_from_its_address():
    database = setting(
        "{k: s.DATABASES['default'][k] for k in ('ENGINE', 'HOST', 'NAME', 'OPTIONS')}",
        DATABASE_URL="postgresql://u:p@db.example:5433/plans?sslmode=require",
    )
    assert database == {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db.example",
        "NAME": "plans",
        "OPTIONS": {"sslmode": "require"},
    }


def test_https_makes_cookies_secure_and_is_off_without_it():
    expression = "[getattr(s, n, False) for n in ('SECURE_SSL_REDIRECT', 'SESSION_COOKIE_SECURE')]"
    assert setting(expression) == [False, False]
    assert setting(expression, HEADROOM_HTTPS="1") == [True, True]


def test_debug_is_off_unless_asked_for():
    assert setting("s.DEBUG") is False
    assert setting("s.DEBUG", DEBUG="true") is True
