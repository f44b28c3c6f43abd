"""A file of chats, from here or from ChatGPT, read as records of here."""

from collections import Counter

from deepseek_space.chat.records.chat_record import parse, read_export
from deepseek_space.chat.records.chatgpt_export import Export, is_chatgpt, read_chatgpt


def read_import(text: str) -> Export:
    """Return the chats in a file and what could not be taken; raises RecordError for a file of another kind.

    Of an export from here all is taken or, with the line and the reason, nothing.
    """
    if text.lstrip("\ufeff \t\r\n")[:1] == "[" or '"mapping"' in text:
        whole = parse(text)
        if is_chatgpt(whole):
            return read_chatgpt(whole)
    return Export(chats=read_export(text), left_out=Counter())
