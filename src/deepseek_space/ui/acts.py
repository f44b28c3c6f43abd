"""What a button or a script of the page may ask for: the names that Python, HTML and scripts share. Does none of it."""

SERVED = frozenset(
    {
        # a message and its versions
        "answer_now",
        "copy",
        "copy_question",
        "delete",
        "down",
        "earlier",
        "edit",
        "edit_save",
        "go_on",
        "next",
        "previous",
        "retry",
        "retry_plain",
        "retry_thinking",
        "send",
        "take_in",
        "take_in_file",
        "up",
        # what goes with the next one, and whether it fits
        "attach",
        "count",
        "file_remove",
        "files_too_large",
        "fit",
        "fit_cancel",
        # side by side
        "compare",
        "restore_compare",
        # files of a chat
        "answer_open",
        "block_open",
        "change_accept",
        "change_force",
        "change_reject",
        "code_page",
        "complete_at",
        "complete_end",
        "file_back",
        "file_delete",
        "file_rename",
        "file_write",
        "files_bring",
        "files_take",
        "hunk_accept",
        "hunk_reject",
        "missed_again",
        # chats
        "export_page",
        "import_chats",
        "new",
        "open_chat",
        "stop_chat",
        # what was kept in the browser
        "restore_code",
        "restore_files",
        "restore_parameters",
        # links
        "drop_prompt",
        "keep_prompt",
        "leave_shared",
        "load_shared",
        "open_link",
        "share",
    }
)
"""Done at the server, by a handler that is given to ``PageEvents.on``."""

IN_THE_PAGE = frozenset({"file_prompt", "open_api", "open_code", "open_models", "start", "take_back"})
"""Done by ``assets/page/buttons.js`` alone, which has a part in some of the others too."""
