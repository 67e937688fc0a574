"""What all objects of the electrical network share."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from facility.sites.models import Site, SiteScoped

share = [MinValueValidator(1e-9), MaxValueValidator(1)]
ratio = [MinValueValidator(0), MaxValueValidator(1)]


class Path(models.TextChoices):
    """Redundant path of supply."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"
    NONE = "", "None"


class NetworkObject(SiteScoped):
    """Base of everything in the network: a tag that is unique on the site, a catalogue item."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    tag = models.CharField(max_length=60, help_text="Name on the one-line diagram.")
    item = models.CharField(
        max_length=120, blank=True, help_text="Catalogue item, `kind/id`; empty where none is used."
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.tag
