"""Turns and their versions as a tree: which are shown, what leads to one, what goes with one. Knows no writer."""

from dataclasses import dataclass

from deepseek_space.chat.turns.turn import Turn

ROOT = ""  # the parent of a first turn


@dataclass(frozen=True, kw_only=True)
class Place:
    """A turn that is shown, and which of its versions it is, counted from 1.

    ``is_question_kept`` says that all versions answer one question; otherwise it was edited.
    """

    turn: Turn
    version: int = 1
    versions: int = 1
    is_question_kept: bool = True


@dataclass(frozen=True, kw_only=True)
class TurnTree:
    """A look at the turns of a conversation, which ``choose`` and ``drop`` change.

    ``turns`` holds every version of every turn by its id, oldest first; ``chosen`` says which version is shown under a
    parent, where it is not the newest.
    """

    turns: dict[str, Turn]
    chosen: dict[str, str]

    def versions(self) -> dict[str, list[str]]:
        """Return the ids of the versions under each parent, oldest first."""
        versions: dict[str, list[str]] = {}
        for turn in self.turns.values():
            versions.setdefault(turn.parent, []).append(turn.id)
        return versions

    def places(self) -> list[Place]:
        """Return the turns that are shown, from the first to the last, with the versions of each."""
        versions = self.versions()
        places: list[Place] = []
        parent = ROOT
        while parent in versions:
            siblings = versions[parent]
            parent = self.chosen.get(parent, siblings[-1])
            places.append(self._place(self.turns[parent], siblings))
        return places

    def way_to(self, turn: Turn) -> tuple[Turn, ...]:
        """Return the turns from the first one to this one."""
        way = [turn]
        while way[-1].parent != ROOT:
            way.append(self.turns[way[-1].parent])
        return tuple(reversed(way))

    def choose(self, turn: Turn, step: int) -> None:
        """Show the version ``step`` places further, or as far as there are any."""
        versions = self.versions()[turn.parent]
        position = versions.index(turn.id) + step
        self.chosen[turn.parent] = versions[max(0, min(position, len(versions) - 1))]

    def drop(self, turn: Turn) -> list[str]:
        """Forget this version of a turn and all that followed it; the version before it is shown, or else the next.

        Returns the ids of those that are gone.
        """
        versions = self.versions()
        siblings = versions[turn.parent]
        position = siblings.index(turn.id)
        neighbours = [*siblings[:position][-1:], *siblings[position + 1 :]]
        if self.chosen.get(turn.parent, siblings[-1]) == turn.id:
            self.chosen.pop(turn.parent, None)
            self.chosen.update({turn.parent: neighbours[0]} if neighbours else {})
        doomed = [turn.id]
        for turn_id in doomed:  # grows as the turns beneath are found
            doomed += versions.get(turn_id, [])
            self.chosen.pop(turn_id, None)
            del self.turns[turn_id]
        return doomed

    def _place(self, turn: Turn, versions: list[str]) -> Place:
        return Place(
            turn=turn,
            version=versions.index(turn.id) + 1,
            versions=len(versions),
            is_question_kept=all(self.turns[version].question == turn.question for version in versions),
        )
