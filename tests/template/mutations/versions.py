"""The versions: what must not ask for a new one, and what must not take the older ones away."""

from __future__ import annotations

from typing import Any, Tuple

from mutations.mutation import Mutation, properties
from template import Template

SIGNING = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"


def everywhere(template: Template, name: str, value: Any) -> None:
    """Sets a property of every function."""
    template["Globals"]["Function"][name] = value


VERSIONS: Tuple[Mutation, ...] = (
    Mutation(
        "a tag of the function",
        lambda t: properties(t, "Contacts").update(Tags={"service": "contacts"}),
        "a_version_is_asked_for_only_with_news: an edit of Contacts's Tags",
    ),
    Mutation(
        "a tag of all functions",
        lambda t: everywhere(t, "Tags", {"service": "contacts"}),
        "a_version_is_asked_for_only_with_news: an edit of Contacts's Tags",
    ),
    Mutation(
        "reserved concurrency as a number",
        lambda t: properties(t, "Contacts").update(ReservedConcurrentExecutions=50),
        "a_version_is_asked_for_only_with_news: an edit of Contacts's ReservedConcurrentExecutions",
    ),
    Mutation(
        "recursive loops allowed",
        lambda t: properties(t, "Contacts").update(RecursiveLoop="Allow"),
        "a_version_is_asked_for_only_with_news: an edit of Contacts's RecursiveLoop",
    ),
    Mutation(
        "code signing by a configuration that is written out",
        lambda t: properties(t, "Contacts").update(CodeSigningConfigArn=SIGNING),
        "a_version_is_asked_for_only_with_news: an edit of Contacts's CodeSigningConfigArn",
    ),
    Mutation(
        "a success that deletes the version from before",
        lambda t: properties(t, "Contacts").update(VersionDeletionPolicy="Delete"),
        "older_versions_are_kept: a success deletes",
    ),
    Mutation(
        "a DeletionPolicy of the function, which SAM passes on to alias and role",
        lambda t: t["Resources"]["Contacts"].update(DeletionPolicy="RetainExceptOnCreate"),
        "older_versions_are_kept: ContactsAliaslive has the DeletionPolicy",
    ),
)
