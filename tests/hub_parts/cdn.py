"""The second server of the local hub, on a port of its own: large files by link."""

import re
from urllib.parse import quote, unquote

from tests.hub_parts.answering import Answering
from tests.hub_parts.state import HubState

_CONTENT = re.compile(
    r"/content/(?P<commit>[0-9a-f]{40})/(?P<id>[^/]+/[^/]+)/(?P<path>.*)"
)
_UPLOAD = re.compile(r"/upload/(?P<sha256>[0-9a-f]{64})")

_SIGNATURE = "not-a-secret"


def link_to(state: HubState, repo_id: str, commit: str, path: str) -> str:
    """The signed address of a large file."""
    where = f"/content/{commit}/{repo_id}/{quote(path)}"
    return f"{state.cdn_endpoint}{where}?Expires=9999999999&Signature={_SIGNATURE}"


class CdnHandler(Answering):
    """Sends and takes large files; it knows no tokens and refuses requests with one."""

    server_name = "cdn"

    def answer(self) -> None:
        """Send or take one file."""
        if self.record.had_token:
            # As S3 does: two ways to sign one request.
            self.refuse(400, "InvalidArgument", "Only one auth mechanism allowed")
        elif match := _UPLOAD.fullmatch(self.url_path):
            self._take(match["sha256"])
        elif match := _CONTENT.fullmatch(self.url_path):
            self._send(match["commit"], match["id"], unquote(match["path"]))
        else:
            self.refuse(404, "NoSuchKey", "Not found")

    def _take(self, sha256: str) -> None:
        import hashlib

        if hashlib.sha256(self.body).hexdigest() != sha256:
            self.refuse(400, "XAmzContentSHA256Mismatch", "Wrong content")
            return
        self.state.uploaded[sha256] = self.body
        self.send_body(b"", 200, {"ETag": f'"{sha256[:32]}"'})

    def _send(self, commit: str, repo_id: str, path: str) -> None:
        repository = self.state.repositories.get(repo_id)
        file = repository and repository.commits.get(commit, {}).get(path)
        if not file or self.query.get("Signature") != [_SIGNATURE]:
            self.refuse(403, "AccessDenied", "Access denied")
            return
        headers = {
            "ETag": f'"{file.sha256[:32]}"',
            "Content-Type": "application/octet-stream",
        }
        self.send_content(file, f"{repo_id}/{path}", headers)
