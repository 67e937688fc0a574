"""Plans and runs as the API shows and reads them."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from facility.access.selectors import visible_sites
from facility.scenarios import changes, models, selectors
from facility.sites.api.serializers import JsonField, StrictSerializer
from facility.sites.models import Site

KINDS = [(kind, entry.label) for kind, entry in changes.KINDS.items()]


class OwnSite(serializers.PrimaryKeyRelatedField[Site]):
    """A site of the caller's."""

    def get_queryset(self) -> Any:
        """Return what the caller may name."""
        return visible_sites(self.context["request"].user)


class Own(serializers.PrimaryKeyRelatedField[Any]):
    """A row of the caller's sites, named by its id."""

    def get_queryset(self) -> Any:
        """Return what the caller may name."""
        rows: Any = super().get_queryset()
        return rows.visible_to(self.context["request"].user)


class ChangeSerializer(serializers.ModelSerializer[models.Change]):
    """One typed step of a phase."""

    kind = serializers.CharField(read_only=True)

    class Meta:
        model = models.Change
        fields = ("id", "phase", "order", "kind", "payload", "revision")


class PhaseSerializer(serializers.ModelSerializer[models.Phase]):
    """A date of a plan with its steps in order."""

    changes = ChangeSerializer(many=True, read_only=True)

    class Meta:
        model = models.Phase
        fields = ("id", "scenario", "label", "on", "changes", "revision")


class ScenarioSerializer(serializers.ModelSerializer[models.Scenario]):
    """A plan. Its phases are at `/api/phases/?scenario=`."""

    class Meta:
        model = models.Scenario
        fields = (
            "id",
            "site",
            "name",
            "description",
            "parent",
            "is_committed",
            "archived",
            "created_at",
            "revision",
        )


class HoldSerializer(serializers.ModelSerializer[models.Hold]):
    """Places promised to somebody until a date."""

    class Meta:
        model = models.Hold
        fields = (
            "id",
            "site",
            "hall",
            "system",
            "n_racks",
            "reference",
            "state",
            "expires_at",
            "revision",
        )


class NewScenario(StrictSerializer):
    """What a new plan needs."""

    site = OwnSite(queryset=Site.objects.none())
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    parent = Own(  # type: ignore[assignment]  # the framework moves fields out of the class
        queryset=models.Scenario.objects.all(), allow_null=True, default=None
    )


class ScenarioEdit(StrictSerializer):
    """What may be changed of a plan; what is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    archived = serializers.BooleanField(required=False)


class NewPhase(StrictSerializer):
    """What a new phase needs."""

    scenario = Own(queryset=models.Scenario.objects.all())
    label = serializers.CharField(max_length=80)  # type: ignore[assignment]  # as above
    on = serializers.DateField()


class PhaseEdit(StrictSerializer):
    """What may be changed of a phase; what is left out stays."""

    label = serializers.CharField(  # type: ignore[assignment]  # as above
        max_length=80, required=False
    )
    on = serializers.DateField(required=False)


class ChangeEdit(StrictSerializer):
    """A step in full: its kind and the fields of that kind (`/api/schemas/`)."""

    kind = serializers.ChoiceField(choices=KINDS)
    payload = JsonField()


class NewChange(ChangeEdit):
    """A step that goes after the last one of its phase."""

    phase = Own(queryset=models.Phase.objects.all())


class NewRun(StrictSerializer):
    """Which plan to solve as it stands."""

    scenario = Own(queryset=models.Scenario.objects.all())


class ProblemSerializer(serializers.Serializer[Any]):
    """One reason."""

    path = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class FailureSerializer(serializers.Serializer[Any]):
    """Why a run has no answer."""

    code = serializers.CharField()
    message = serializers.CharField()
    problems = ProblemSerializer(many=True)


class RunSerializer(serializers.ModelSerializer[models.Run]):
    """One solve of one frozen document: where it stands, and where its answer is."""

    site = serializers.IntegerField(source="scenario.site_id", read_only=True)
    input_sha256 = serializers.CharField(source="input_id", read_only=True)
    result_sha256 = serializers.CharField(source="result_id", read_only=True, allow_null=True)
    failure = FailureSerializer(read_only=True, allow_null=True)
    is_stale = serializers.SerializerMethodField()
    stale_because = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = models.Run
        fields = (
            "id",
            "url",
            "site",
            "scenario",
            "state",
            "step",
            "progress_ratio",
            "solver_version",
            "input_sha256",
            "result_sha256",
            "is_stale",
            "stale_because",
            "failure",
            "created_at",
            "started_at",
            "finished_at",
            "peak_kw",
            "pue",
        )

    def get_is_stale(self, run: models.Run) -> bool:
        """Say whether what the run froze has moved on since."""
        return run.is_stale()

    def get_stale_because(self, run: models.Run) -> list[str]:
        """Say in words what has moved; in lists this is left to the one run's address."""
        alone: object = self.parent
        return list(selectors.staleness_of(run)) if alone is None and run.is_stale() else []

    def get_url(self, run: models.Run) -> str:
        """Return where to watch the run."""
        return reverse("run-detail", args=[run.pk], request=self.context["request"])
