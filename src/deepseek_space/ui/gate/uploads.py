"""The route that takes files in, in place of Gradio's: the same to the page, with an end to what it takes.

Gradio's leaves on the disk what came of an upload that broke off, keeps fields that are no files in memory however long
they are, and says "Internal Server Error" where the disk is full. Knows no kind of file.
"""

import errno
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from anyio import to_thread
from gradio_client.utils import strip_invalid_filename_characters
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deepseek_space.sentences import Sentence
from deepseek_space.ui.gate.refusal import UPLOAD, refusal

FULL = Sentence("The disk of this app is full. Tell whoever runs it, and try again later.")
TOO_LARGE = Sentence("A file is larger than can be sent to this app.")
MOST_FILES = 1000
MOST_FIELD_BYTES = 64 * 2**10


def upload_route(*, file_bytes: int) -> Route:
    """Return the route, for files of so many bytes at most."""
    return Route(UPLOAD, partial(_upload, file_bytes=file_bytes), methods=["POST"])


async def _upload(request: Request, *, file_bytes: int) -> Response:
    try:
        async with request.form(max_files=MOST_FILES, max_fields=1, max_part_size=MOST_FIELD_BYTES) as form:
            files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
            if any((file.size or 0) > file_bytes for file in files):
                return refusal(request.scope, TOO_LARGE, 413)
            paths = await to_thread.run_sync(_store, files, Path(request.app.uploaded_file_dir))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return refusal(request.scope, FULL, 507)
    request.app.get_blocks().upload_file_set.update(paths)  # from which Gradio deletes them in time
    return JSONResponse(paths)


def _store(files: Sequence[UploadFile], folder: Path) -> list[str]:
    """Write the files, each into a folder of its own; all of them or none."""
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    paths = []
    try:
        for file in files:
            made.append(Path(mkdtemp(dir=folder)))
            path = made[-1] / (strip_invalid_filename_characters(Path(file.filename or "").name) or "file")
            with path.open("wb") as kept:
                shutil.copyfileobj(file.file, kept)
            paths.append(str(path))
    except BaseException:
        for place in made:
            shutil.rmtree(place, ignore_errors=True)
        raise
    return paths
