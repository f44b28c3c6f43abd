"""The process that fetches one file with huggingface_hub's own transfer, which nothing but its end can stop.

``python -m deepseek_space.models.downloads.hub_child``: a line of JSON on its stdin says what; it ends when its stdin
does, so also where the app is killed. Verifies nothing.
"""

import json
import os
import sys
import threading


def main() -> None:
    """Fetch what stdin names into its ``folder``."""
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    from huggingface_hub import hf_hub_download

    hf_hub_download(
        job["repo_id"],
        job["name"],
        revision=job["commit"],
        endpoint=job["endpoint"],
        token=job["token"] or None,
        local_dir=job["folder"],
        library_name="deepseek-space",
    )


def _end_with_the_app() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
