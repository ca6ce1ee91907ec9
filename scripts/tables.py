"""What the reports of the scripts share: text in one line, and tables of Markdown that hold whatever AWS says."""


def one_line(text):
    """Text without line breaks; nothing for None."""
    return " ".join(str(text or "").split())


def cell(value):
    """Text in a table's cell."""
    value = one_line(value).replace("\\", "\\\\").replace("|", "\\|")
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table(head, rows):
    """A table, line by line, and the empty line after it."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell(value) for value in row) + " |"
    yield ""
