"""What the reports of the scripts share: times, text in one line, and tables of Markdown that hold whatever AWS says."""

import datetime


def milliseconds(value):
    """A time as the AWS CLI writes it: ISO 8601 in its second version, seconds since 1970 in its first."""
    if isinstance(value, str):
        # Python before 3.11 takes no Z.
        value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    return int(value * 1000)


def clock(value):
    """The time of day in UTC."""
    if value is None:
        return ""
    return datetime.datetime.fromtimestamp(milliseconds(value) / 1000, datetime.timezone.utc).strftime("%H:%M:%S")


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
