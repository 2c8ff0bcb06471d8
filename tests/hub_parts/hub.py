"""The first server of the local hub: the API, small files, and links to large ones."""

import re
from typing import Any
from urllib.parse import quote, unquote, urlencode

from tests.hub_parts import writing
from tests.hub_parts.answering import Answering
from tests.hub_parts.cdn import link_to
from tests.hub_parts.content import HubFile
from tests.hub_parts.repository import HubRepository
from tests.hub_parts.search import BadQuery, found
from tests.hub_parts.state import HubUser

_ID = r"(?P<id>[^/]+/[^/]+?|[^/]+?)"
_MODEL = re.compile(
    rf"/api/models/{_ID}"
    r"(?:/(?P<verb>revision|tree|paths-info|preupload|commit)/(?P<rev>[^/]+)"
    r"(?:/(?P<rest>.*))?)?"
)
_RESOLVE = re.compile(rf"/{_ID}/(?:resolve|raw)/(?P<rev>[^/]+)/(?P<path>.+)")
_CACHED = re.compile(rf"/api/resolve-cache/models/{_ID}/(?P<rev>[^/]+)/(?P<path>.+)")
_BATCH = re.compile(rf"/{_ID}\.git/info/lfs/objects/batch")


class HubHandler(Answering):
    """Answers as huggingface.co does, as far as its own client asks."""

    server_name = "hub"

    def answer(self) -> None:
        """Find out what is asked, and answer it."""
        path = self.url_path
        header = self.headers.get("Authorization", "")
        self.user = self.state.users.get(header.removeprefix("Bearer "))
        if header and self.user is None:
            message = "Invalid credentials in Authorization header"
            self.refuse(401, "", message)
        elif path == "/api/models" and self.command == "GET":
            self._search()
        elif path == "/api/whoami-v2":
            self._who()
        elif path == "/api/validate-yaml":
            self.send_json({"errors": [], "warnings": []})
        elif path == "/api/repos/create":
            writing.create(self)
        elif match := _BATCH.fullmatch(path):
            self._with(match["id"], lambda one: writing.batch(self, one))
        elif match := _CACHED.fullmatch(path):
            where = (unquote(match["rev"]), unquote(match["path"]))
            self._with(match["id"], lambda one: self._small(one, *where))
        elif match := _MODEL.fullmatch(path):
            self._with(match["id"], lambda one: self._model(one, match))
        elif match := _RESOLVE.fullmatch(path):
            where = (unquote(match["rev"]), unquote(match["path"]))
            self._with(match["id"], lambda one: self._resolve(one, *where))
        else:
            self.refuse(404, "", "Not Found")

    def _with(self, quoted_id: str, then: Any) -> None:
        """Answer for a repository that this asker may know of."""
        repo_id = unquote(quoted_id)
        if new := self.state.moved.get(repo_id):
            location = self.path.replace(quoted_id, quote(new), 1)
            self.send_body(b"", 307, {"Location": location})
            return
        repository = self.state.repositories.get(repo_id)
        if repository is None or (repository.is_private and self.user is None):
            if self.user is None:
                # It does not tell a stranger what is private and what is not there.
                self.refuse(401, "RepoNotFound", "Invalid username or password.")
            else:
                self.refuse(404, "RepoNotFound", "Repository not found")
            return
        then(repository)

    def _model(self, repository: HubRepository, match: re.Match[str]) -> None:
        revision = unquote(match["rev"] or "main")
        if match["verb"] == "preupload":
            writing.preupload(self, repository, revision)
            return
        if match["verb"] == "commit":
            writing.commit(self, repository, revision)
            return
        commit = repository.resolve(revision)
        if commit is None:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif match["verb"] == "tree":
            self._tree(repository, commit, unquote(match["rest"] or ""))
        elif match["verb"] == "paths-info":
            self._paths_info(repository, commit)
        else:
            blobs = self.query.get("blobs", [""])[0].lower() in ("true", "1")
            info = repository.info(commit, blobs=blobs)
            if expand := self.query.get("expand"):
                wanted = ("_id", "id", "modelId", *expand)
                info = {key: info[key] for key in wanted if key in info}
            self.send_json(info)

    def _tree(self, repository: HubRepository, commit: str, folder: str) -> None:
        prefix = folder.rstrip("/") + "/" if folder else ""
        inside = {
            path: file
            for path, file in sorted(repository.commits[commit].items())
            if path.startswith(prefix)
        }
        if folder and not inside:
            self.refuse(404, "EntryNotFound", f"{folder} does not exist")
            return
        entries: dict[str, dict[str, Any]] = {}
        is_recursive = self.query.get("recursive", [""])[0].lower() in ("true", "1")
        for path, file in inside.items():
            parts = path.removeprefix(prefix).split("/")
            for depth in range(1, len(parts) if is_recursive else min(2, len(parts))):
                parent = prefix + "/".join(parts[:depth])
                entries[parent] = {
                    "type": "directory", "path": parent, "size": 0, "oid": "0" * 40,
                }  # fmt: skip
            if is_recursive or len(parts) == 1:
                entries[path] = repository.tree_entry(path, file)
        limit = min(int(self.query.get("limit", ["1000"])[0]), 1000)
        start = int(self.query.get("cursor", ["0"])[0])
        headers = {}
        if start + limit < len(entries):
            query = {key: values[0] for key, values in self.query.items()}
            query["cursor"] = str(start + limit)
            following = f"{self.state.endpoint}{self.url_path}?{urlencode(query)}"
            headers["Link"] = f'<{following}>; rel="next"'
        self.send_json(list(entries.values())[start : start + limit], headers=headers)

    def _paths_info(self, repository: HubRepository, commit: str) -> None:
        from urllib.parse import parse_qs

        asked = writing.json_body(self)
        if asked is None:
            asked = parse_qs(self.body.decode())
        wanted = asked.get("paths", [])
        files = repository.commits[commit]
        entries = [
            repository.tree_entry(path, files[path])
            for path in ([wanted] if isinstance(wanted, str) else wanted)
            if path in files
        ]
        self.send_json(entries)

    def _file(
        self, repository: HubRepository, revision: str, path: str
    ) -> tuple[str, HubFile] | None:
        """The file that is asked for; None when the refusal was sent."""
        if repository.gated and not self._has_accepted(repository):
            message = (
                f"Access to model {repository.repo_id} is restricted and you are not"
                " in the authorized list."
            )
            self.refuse(403 if self.user else 401, "GatedRepo", message)
            return None
        commit = repository.resolve(revision)
        if commit is None:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        file = repository.commits[commit].get(path)
        if file is None:
            headers = {"X-Repo-Commit": commit}
            self.refuse(404, "EntryNotFound", "Entry not found", headers)
            return None
        return commit, file

    def _has_accepted(self, repository: HubRepository) -> bool:
        return self.user is not None and (
            bool(self.user.accepted & {"*", repository.repo_id})
            or self.user.name == repository.repo_id.partition("/")[0]
        )

    def _resolve(self, repository: HubRepository, revision: str, path: str) -> None:
        found_file = self._file(repository, revision, path)
        if found_file is None:
            return
        commit, file = found_file
        headers = {
            "X-Repo-Commit": commit,
            "X-Linked-Size": str(file.size_bytes),
            "X-Linked-ETag": f'"{file.etag}"',
            "Accept-Ranges": "bytes",
        }
        if file.is_lfs:
            location = link_to(self.state, repository.repo_id, commit, path)
            self.send_body(b"", 302, headers | {"Location": location})
        else:
            location = f"/api/resolve-cache/models/{repository.repo_id}/{commit}/"
            self.send_body(b"", 307, headers | {"Location": location + quote(path)})

    def _small(self, repository: HubRepository, revision: str, path: str) -> None:
        if found_file := self._file(repository, revision, path):
            commit, file = found_file
            headers = {
                "X-Repo-Commit": commit,
                "ETag": f'"{file.etag}"',
                "Content-Type": "text/plain; charset=utf-8",
            }
            self.send_content(file, f"{repository.repo_id}/{path}", headers)

    def _search(self) -> None:
        visible = [
            one
            for one in self.state.repositories.values()
            if not one.is_private or self.user is not None
        ]
        try:
            lines, cursor = found(visible, self.query)
        except BadQuery as error:
            self.refuse(400, "", str(error))
            return
        headers = {}
        if cursor:
            query = [
                (key, value)
                for key, values in self.query.items()
                for value in values
                if key != "cursor"
            ]
            following = urlencode([*query, ("cursor", cursor)])
            address = f"{self.state.endpoint}/api/models?{following}"
            headers["Link"] = f'<{address}>; rel="next"'
        self.send_json(lines, headers=headers)

    def _who(self) -> None:
        if self.user is None:
            self.refuse(401, "", "Invalid username or password.")
            return
        self.send_json(who(self.user))


def who(user: HubUser) -> dict[str, Any]:
    """What `/api/whoami-v2` says."""
    role = "write" if user.can_write else "read"
    return {
        "type": "user",
        "id": "0" * 24,
        "name": user.name,
        "fullname": user.name,
        "orgs": [],
        "auth": {"type": "access_token", "accessToken": {"role": role}},
    }
