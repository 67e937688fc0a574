"""Every page of the admin opens on the demo site."""

import pytest
from django.contrib import admin
from django.urls import reverse

from facility.scenarios.demo import build
from tests.access.rows import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
REFUSED = 403  # rows that only the program makes, such as runs, cannot be added by hand


def test_lists_forms_and_rows_open(client, django_user_model):
    build.load()
    client.force_login(django_user_model.objects.create_superuser("root", password=PASSWORD))
    faults = []
    for model in admin.site._registry:
        prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model.objects.first()
        pages = {"changelist": [], "add": []} | ({"change": [row.pk]} if row else {})
        for page, arguments in pages.items():
            status = client.get(reverse(f"{prefix}_{page}", args=arguments)).status_code
            if status != 200 and (page, status) != ("add", REFUSED):
                faults.append((prefix, page, status))
    assert faults == []
