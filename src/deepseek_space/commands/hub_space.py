"""One Space on the Hugging Face Hub: made, set up, filled with files, and watched until it serves.

All through the Hub's own client. Knows no page and no model, and prints nothing.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError, LocalTokenNotFoundError
from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

from deepseek_space.errors import DeployError, first_line

SERVES = ("RUNNING",)
FAILED = ("BUILD_ERROR", "RUNTIME_ERROR", "CONFIG_ERROR", "NO_APP_FILE", "STOPPED", "PAUSED", "DELETING")
LOOK_S = 5.0
KEPT_THERE = frozenset({".gitattributes"})  # the Hub's own
_REFUSALS = {
    401: "The Hub does not know this token. Log in with `hf auth login`, or set HF_TOKEN to one that may write.",
    402: "The Hub wants a paid plan for this: a Gradio Space on a CPU needs PRO. Ask for --hardware zero-a10g, which "
    "free accounts may have, or see https://huggingface.co/pricing.",
    403: "This token may not write to {name}. Log in with `hf auth login` as its owner, with a token that may write.",
    404: "The Hub has no account {owner}, or it may not be seen with this token.",
    429: "The Hub wants fewer requests. Try again in a few minutes; what is done already stays.",
}


@dataclass(frozen=True, kw_only=True)
class HubSpace:
    """The Space called ``name``, such as ada/chat. Each call raises DeployError."""

    name: str
    api: HfApi = field(default_factory=HfApi)

    @property
    def address(self) -> str:
        """Return where people find it."""
        return f"{self.api.endpoint}/spaces/{self.name}"

    def create(self, *, hardware: str | None, is_private: bool) -> None:
        """Make it, or find it there; ``hardware`` None leaves what it has."""
        with self._hub_errors():
            self.api.create_repo(
                self.name,
                repo_type="space",
                space_sdk="gradio",
                space_hardware=hardware,
                private=is_private,
                exist_ok=True,
            )
            if hardware and self.api.get_space_runtime(self.name).requested_hardware != hardware:
                self.api.request_space_hardware(self.name, hardware)

    def set_up(self, *, variables: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """Set variables, which everybody can read, and secrets, which nobody can."""
        with self._hub_errors():
            for key, value in variables.items():
                self.api.add_space_variable(self.name, key, value)
            for key, value in secrets.items():
                self.api.add_space_secret(self.name, key, value)

    def fill(self, files: Mapping[str, bytes], *, message: str) -> list[str]:
        """Have it hold just ``files``, in one commit; return the names of those that were removed."""
        with self._hub_errors(), _quiet():
            there = set(self.api.list_repo_files(self.name, repo_type="space"))
            gone = sorted(there - files.keys() - KEPT_THERE)
            adds = [CommitOperationAdd(path_in_repo=path, path_or_fileobj=content) for path, content in files.items()]
            removals = [CommitOperationDelete(path_in_repo=path) for path in gone]
            self.api.create_commit(self.name, [*adds, *removals], commit_message=message, repo_type="space")
        return gone

    def build_stages(
        self,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> Iterator[str]:
        """Yield each stage of its build as it comes, until it serves.

        Raises DeployError where the build fails, or takes longer than ``timeout_s``.
        """
        ends, latest = clock() + timeout_s, ""
        while latest not in SERVES:
            with self._hub_errors():
                stage = str(self.api.get_space_runtime(self.name).stage)
            if stage != latest:
                yield stage
            latest = stage
            if stage in FAILED:
                raise DeployError(f"The Space is {stage}. Its log says why: {self.address}?logs=build")
            if stage not in SERVES and clock() >= ends:
                raise DeployError(f"The Space is still {stage} after {timeout_s / 60:.0f} minutes: {self.address}")
            if stage not in SERVES:
                wait(LOOK_S)

    @contextmanager
    def _hub_errors(self) -> Iterator[None]:
        try:
            yield
        except LocalTokenNotFoundError as error:
            raise DeployError(_REFUSALS[401]) from error
        except HFValidationError as error:
            raise DeployError(f"{self.name} is no name of a Space; write USER/NAME.") from error
        except HfHubHTTPError as error:
            status = error.response.status_code
            said = error.server_message or first_line(error)
            ours = _REFUSALS.get(status, "").format(name=self.name, owner=self.name.partition("/")[0])
            raise DeployError(f"{ours} The Hub's own words: {said}".strip()) from error
        except (OSError, HTTPError) as error:
            raise DeployError(f"{self.api.endpoint} cannot be reached ({first_line(error)}).") from error


@contextmanager
def _quiet() -> Iterator[None]:
    was_quiet = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not was_quiet:
            enable_progress_bars()
