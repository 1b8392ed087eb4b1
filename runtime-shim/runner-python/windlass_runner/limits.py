"""How large the parts of a frame and of a page may be, as docs/wire.md says."""

MAX_HEADER_BYTES = 64 * 1024 * 1024
MAX_ATTACHMENTS = 65_536
MAX_ATTACHMENT_BYTES = 1024 * 1024 * 1024
# Memory reserved on the sender's word alone; a larger part grows with the bytes that arrive.
TRUSTED_BYTES = 16 * 1024 * 1024
# What the text of one value may take, with room for the control line of a message.
MAX_TEXT_BYTES = MAX_HEADER_BYTES - 64 * 1024
# A page leaves when it has about this many bytes, however few values.
PAGE_BYTES = 4 * 1024 * 1024
# How many objects and arrays may be nested in each other.
MAX_DEPTH = 500
# The key that marks an object of a tagged page as a value that JSON lacks.
TAG = "$w"
