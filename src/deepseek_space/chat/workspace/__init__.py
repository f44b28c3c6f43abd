"""The files of a chat: a value with versions and proposed changes, in and out as an archive. Never on a disk."""
