"""
Cleaning what others wrote: text, and addresses of pages and repositories.

Addresses in CI variables and git configurations carry credentials, often in
forms that no URL parser reads (a password with `/` or `@` in it). So we never
parse first: everything up to the last `@` goes, and where that could be either
a credential or a part of the path, the value goes.
"""

from __future__ import annotations

import re

from otel_testkit import semconv


LONGEST = 1024

# Texts, as most processes need few of these patterns, and compiling is slow.
_AUTHORITY_START = r":[/\\]+|^[/\\]{2,}"
_AUTHORITY_END = r"[/\\?#]"
_PLAIN_HOST = r"[\w-]+(?:\.[\w-]+)+"
_HOST_AND_PORT = r"[\w.-]+(?::\d*)?"
_PAGE = r"(?i)https?://[^\s\"<>]+"
_SENSITIVE_PARAMETER = (
    r"(?i)(?<=[?&#;])[^=&#;]*(?:token|secret|passw|credential|sig|auth|jwt|key)"
    r"[^=&#;]*=[^&#;]*[&;]?"
)
_REMOTE = r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]*))?/+([^?#]*)"

_PUBLIC_FORGES = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "bitbucket.org": "bitbucket",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}
_SSH_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
_CHANGE_PATHS = {
    "github": "pull",
    "gitlab": "-/merge_requests",
    "bitbucket": "pull-requests",
    "gitea": "pulls",
}


def clean(value: object) -> str:
    """
    Give *value* as one short printable line without credentials; "" if no text.
    """
    if not value or not isinstance(value, str):
        return ""

    # A lone surrogate counts too: no exporter can encode it.
    if not value.isprintable():
        value = "".join(filter(str.isprintable, value))

    return _without_credentials(value.strip())[:LONGEST].rstrip()


def _without_credentials(text: str) -> str:
    start = re.search(_AUTHORITY_START, text) if "@" in text else None
    if start is None or "@" not in text[start.end() :]:
        return text

    before, _, after = text[start.end() :].rpartition("@")
    authority = re.split(_AUTHORITY_END, before, maxsplit=1)[0]
    if authority != before and re.fullmatch(_HOST_AND_PORT, authority):
        # `https://ci.example.com/job/a@b/1` is a page. Of `https://ci:80/a@b/1`
        # nobody can tell whether "80/a" is the end of a password.
        is_page = re.fullmatch(_PLAIN_HOST, authority) and ":" not in before

        return text if is_page else ""

    return text[: start.end()] + after


def page_url(text: str) -> str:
    """
    Give *text*, cleaned before, if it is the address of a web page, else "".
    """
    # One that may have been cut leads nowhere.
    if len(text) >= LONGEST or not re.fullmatch(_PAGE, text):
        return ""

    if "=" not in text:
        return text

    return re.sub(_SENSITIVE_PARAMETER, "", text).rstrip("?&#;")


def repository_url(address: str) -> str:
    """
    Give the page of the repository at *address*, cleaned before; "" if it has none.
    """
    scheme, separator, rest = address.partition("://")
    scheme = scheme.lower().removeprefix("git+").removesuffix("+git")
    if not separator:
        scheme, rest = "ssh", _from_scp(address)
    elif scheme not in {"http", "https", "ssh", "git"}:
        return ""

    remote = re.match(_REMOTE, rest.rpartition("@")[2])
    if remote is None or len(address) >= LONGEST:
        return ""

    host, port = remote[1].lower(), remote[2]
    host, path = _browsable(_SSH_HOSTS.get(host, host), remote[3].strip("/ "))
    path = path.removesuffix(".git").rstrip("/").replace(" ", "%20")
    if not path:
        return ""

    # The port of ssh, or of git, is not the one where the pages are.
    if scheme.startswith("http") and port and port not in {"80", "443"}:
        host += f":{port}"
    is_plain = scheme == "http" and host not in _PUBLIC_FORGES
    url = f"{'http' if is_plain else 'https'}://{host}/{path}"

    return url if len(url) < LONGEST else ""


def _from_scp(address: str) -> str:
    # `git@host:o/r.git`, and with a port, as ssh:// would have it, "22/o/r".
    user, _, rest = address.rpartition("@")
    host, _, path = rest.partition(":")
    # `C:\repositories`, and `work:o/r`, where ssh's configuration has the host.
    if "/" in host or not (user or "." in host):
        return ""

    return f"{host}/{re.sub(r'^[0-9]+/(?=[^/]+/.)', '', path)}" if path else ""


def _browsable(host: str, path: str) -> tuple[str, str]:
    # Azure is alone in having one path for ssh and another for the browser.
    parts = path.split("/")
    if len(parts) == 4 and parts[0] == "v3":
        _, organization, project, name = parts
        if host == "ssh.dev.azure.com":
            return "dev.azure.com", f"{organization}/{project}/_git/{name}"
        if host == "vs-ssh.visualstudio.com":
            return f"{organization}.visualstudio.com", f"{project}/_git/{name}"

    return host, path


def repository_tags(address: str, forge: str = "") -> dict[str, str]:
    """
    Give the attributes of the repository at *address*; *forge*, if known, runs it.
    """
    url = repository_url(address)
    if not url:
        return {}

    host, *path = url.partition("://")[2].split("/")
    owner, name = path[:-1], path[-1]
    if "_git" in owner:
        owner = owner[: owner.index("_git")]
    tags = {
        semconv.VCS_REPOSITORY_URL: url,
        semconv.VCS_REPOSITORY_NAME: name,
        semconv.VCS_OWNER_NAME: "/".join(owner),
        semconv.VCS_PROVIDER_NAME: forge or _forge_at(host),
    }

    return {name: value for name, value in tags.items() if value}


def _forge_at(host: str) -> str:
    if host in _PUBLIC_FORGES:
        return _PUBLIC_FORGES[host]

    # `gitlab.example.com` is what everybody calls their own.
    labels = host.partition(":")[0].split(".")

    return next((forge for forge in _CHANGE_PATHS if forge in labels), "")


def change_url(repository: str, forge: str, change: str) -> str:
    """
    Give the page of *change*, a pull request's number, in *repository* of *forge*.
    """
    if "/_git/" in repository:
        return f"{repository}/pullrequest/{change}"

    path = _CHANGE_PATHS.get(forge)

    return f"{repository}/{path}/{change}" if repository and path else ""
