"""What is being done to the model of this process. Knows no thread and does nothing."""

from dataclasses import dataclass, field

from deepseek_space.events import Loading


@dataclass(frozen=True, kw_only=True)
class Task:
    """A load or an unload: of which model, and how far it has come."""

    model: str
    is_unloading: bool = False
    progress: Loading = field(default_factory=lambda: Loading(stage="Starting"))

    @property
    def obstacle(self) -> str:
        """Why nothing else can be begun now."""
        if self.is_unloading:
            return f"{self.model} is being unloaded. Wait a moment, then try again."
        return f"{self.model} is being loaded already. Wait for it, or cancel it first."
