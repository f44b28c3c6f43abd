"""What lies under the name of a model's file and is another thing: a git-lfs pointer, a web page, nothing at all."""

from pathlib import Path

from deepseek_space.errors import NotACheckpoint
from deepseek_space.sentences import Sentence

LOOKED_AT_BYTES = 512
_OTHER_KINDS = {
    b"GGUF": Sentence("a GGUF file; name it *.gguf and give it to --model as a file"),
    b"PK\x03\x04": Sentence("a zip archive, as torch.save writes one; name it pytorch_model.bin"),
    b"\x89HDF": Sentence("an HDF5 file, as Keras writes one; take the checkpoint in safetensors"),
}


def refuse_stand_in(name: str, head: bytes, *, own: bytes = b"\0") -> None:
    """Raise NotACheckpoint if ``head``, the first bytes of the file called ``name``, belongs to another kind of file.

    ``own`` is how the kind that was expected begins.
    """
    if not head:
        raise NotACheckpoint("{name} is empty; fetch it again.", name=name)
    if head.startswith(b"version https://git-lfs"):
        raise NotACheckpoint(
            "{name} is a git-lfs pointer: the file itself was never fetched. Run 'git lfs pull' in its "
            "folder, or fetch the file from its page.",
            name=name,
        )
    if head[:LOOKED_AT_BYTES].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise NotACheckpoint(
            "{name} is a web page that was saved under that name; fetch the file itself, perhaps after logging in.",
            name=name,
        )
    for magic, kind in _OTHER_KINDS.items():
        if head.startswith(magic) and not own.startswith(magic):
            raise NotACheckpoint("{name} is {kind}.", name=name, kind=kind)


def check_file(path: Path, *, own: bytes = b"\0") -> None:
    """Raise NotACheckpoint if ``path`` cannot be read or is another kind of file, as ``refuse_stand_in``."""
    try:
        with path.open("rb") as file:
            head = file.read(LOOKED_AT_BYTES)
    except OSError as error:
        raise NotACheckpoint(
            "{path} cannot be read ({reason}); check the file and its permissions.", path=path, reason=error.strerror
        ) from error
    refuse_stand_in(path.name, head, own=own)
