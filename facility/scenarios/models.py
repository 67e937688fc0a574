"""Plans of a site, what they hold in reserve, and the runs that answered them."""

import hashlib
import zlib
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from facility.kernel.errors import InputError
from facility.scenarios import changes
from facility.sites.models import Hall, Site, SiteScoped, StoredArray
from racks.models import SystemType


def change_choices() -> list[tuple[str, str]]:
    """Read the registry when asked, so that a new kind of change needs no migration."""
    return [(kind, entry.label) for kind, entry in changes.KINDS.items()]


class Scenario(SiteScoped):
    """A plan: the site as built plus ordered, dated, typed changes, its parent's first."""

    COUNTS_FOR_SITE = False

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="scenarios")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    is_committed = models.BooleanField(
        default=False, help_text="The one plan that fit checks and holds are measured against."
    )
    archived = models.BooleanField(default=False)

    class Meta:
        ordering = ("site", "-is_committed", "name")
        constraints = (
            models.UniqueConstraint(fields=("site", "name"), name="scenario_name_unique_on_site"),
            models.UniqueConstraint(
                fields=("site",),
                condition=Q(is_committed=True),
                name="one_committed_scenario_per_site",
            ),
            models.CheckConstraint(
                condition=~Q(parent=models.F("pk")), name="scenario_is_not_its_own_parent"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def lineage(self) -> "list[Scenario]":
        """Return the scenarios whose changes apply, the oldest first, this one last."""
        line: list[Scenario] = [self]
        while line[0].parent is not None:
            if line[0].parent in line:
                raise ValidationError("The scenario descends from itself.")
            line.insert(0, line[0].parent)
        return line


class Phase(SiteScoped):
    """A date of a plan from which a group of changes is in service."""

    COUNTS_FOR_SITE = False
    SITE_PATH = "scenario__site"

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="phases")
    label = models.CharField(max_length=80)
    on = models.DateField(help_text="In service from this day.")

    class Meta:
        ordering = ("scenario", "on", "pk")
        constraints = (
            models.UniqueConstraint(fields=("scenario", "on"), name="one_phase_per_date"),
        )

    def __str__(self) -> str:
        return f"{self.on}: {self.label}"


class Change(SiteScoped):
    """One typed step of a phase; steps apply in order."""

    COUNTS_FOR_SITE = False
    SITE_PATH = "phase__scenario__site"

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="changes")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=change_choices)
    payload = models.JSONField(help_text="Fields of the document of its kind.")

    class Meta:
        ordering = ("phase", "order")
        constraints = (
            models.UniqueConstraint(fields=("phase", "order"), name="change_order_unique_in_phase"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.phase})"

    def clean(self) -> None:
        """Check the payload against the document of its kind."""
        try:
            changes.parse(self.kind, self.payload)
        except InputError as error:
            messages = [f"{problem.path}: {problem.message}" for problem in error.problems]
            raise ValidationError({"payload": messages}) from error


class Hold(SiteScoped):
    """Places promised to somebody until a date, on top of the committed plan."""

    COUNTS_FOR_SITE = False

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        RELEASED = "released", "Released"
        CONSUMED = "consumed", "Consumed"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="holds")
    hall = models.ForeignKey(Hall, on_delete=models.PROTECT, related_name="holds")
    system = models.ForeignKey(SystemType, on_delete=models.PROTECT, related_name="holds")
    n_racks = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    reference = models.CharField(max_length=80, help_text="The requester's own number.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    expires_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("site", "expires_at")

    def __str__(self) -> str:
        return f"{self.n_racks} × {self.system} for {self.reference}"


class StoredDocument(models.Model):
    """A frozen document as its canonical bytes, kept once, addressed by their hash."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    schema_version = models.CharField(max_length=40)
    packed = models.BinaryField(help_text="zlib of the canonical JSON.")

    def __str__(self) -> str:
        return f"{self.schema_version} ({self.sha256[:12]})"

    @classmethod
    def keep(cls, raw: bytes, schema_version: str) -> Self:
        """Store canonical bytes, or return the row that already holds them."""
        digest = hashlib.sha256(raw).hexdigest()
        row, _ = cls.objects.get_or_create(
            sha256=digest,
            defaults={"schema_version": schema_version, "packed": zlib.compress(raw)},
        )
        return row

    def raw(self) -> bytes:
        """Return the canonical bytes."""
        return zlib.decompress(self.packed)


class Run(models.Model):
    """One solve of one frozen document, its life and its answer.

    Rows change only through ``facility.scenarios.services``; whoever holds the lease may write.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        ERROR = "error", "Error"
        CANCELLED = "cancelled", "Cancelled"

    FINISHED = (State.DONE, State.FAILED, State.ERROR, State.CANCELLED)
    SITE_PATH = "scenario__site"

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    step = models.CharField(max_length=80, blank=True, help_text="What the worker is doing.")
    progress_ratio = models.FloatField(default=0.0)
    input = models.ForeignKey(StoredDocument, on_delete=models.PROTECT, related_name="+")
    result = models.ForeignKey(
        StoredDocument, null=True, on_delete=models.PROTECT, related_name="+"
    )
    solver_version = models.CharField(max_length=40)
    site_revision = models.PositiveIntegerField()
    scenario_revision = models.PositiveIntegerField()
    failure = models.JSONField(null=True, help_text="code, message, problems")
    attempt = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, help_text="Held by the worker that may write.")
    lease_expires_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    peak_kw = models.FloatField(null=True, help_text="Of the last stage solved. [kW]")
    pue = models.FloatField(null=True, help_text="Of the last stage with a year.")

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="done", result__isnull=False)
                | (~Q(state="done") & Q(result__isnull=True)),
                name="run_is_done_iff_it_has_a_result",
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease__isnull=False)
                | (~Q(state="running") & Q(lease__isnull=True)),
                name="run_is_leased_iff_it_is_running",
            ),
        )
        indexes = (models.Index(fields=("state", "lease_expires_at"), name="run_by_lease"),)

    def __str__(self) -> str:
        return f"run {self.pk} ({self.state})"

    @property
    def is_finished(self) -> bool:
        """Whether nobody will work on it again."""
        return self.state in self.FINISHED

    def is_stale(self) -> bool:
        """Whether the site or the scenario has moved on since the document was frozen."""
        site = self.scenario.site
        return (site.revision, self.scenario.revision) != (
            self.site_revision,
            self.scenario_revision,
        )


class RunSeries(models.Model):
    """Hourly series of a run, one array per stage."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="series")
    stage = models.CharField(max_length=80)
    array = models.ForeignKey(StoredArray, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run", "stage"), name="one_series_per_run_and_stage"),
        )

    def __str__(self) -> str:
        return f"{self.run} {self.stage}"
