"""What the local hub takes: new repositories, large files, commits."""

import base64
import json
from typing import TYPE_CHECKING, Any

from tests.hub_parts.content import Given
from tests.hub_parts.repository import HubRepository, hub_file

if TYPE_CHECKING:
    from tests.hub_parts.hub import HubHandler


def json_body(handler: "HubHandler") -> dict[str, Any] | None:
    """The body as a JSON object; None if it is none."""
    try:
        found = json.loads(handler.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _may_write(handler: "HubHandler", owner: str) -> bool:
    user = handler.user
    if user is None:
        handler.refuse(401, "", "Invalid username or password.")
    elif not user.can_write or user.name != owner:
        message = f"You don't have the rights to create a model under {owner}"
        handler.refuse(403, "", message)
    else:
        return True
    return False


def create(handler: "HubHandler") -> None:
    """`POST /api/repos/create`."""
    asked = json_body(handler) or {}
    owner = asked.get("organization") or (handler.user.name if handler.user else "")
    if not _may_write(handler, owner):
        return
    repo_id = f"{owner}/{asked['name']}"
    url = {"url": f"{handler.state.endpoint}/{repo_id}", "name": repo_id}
    if repo_id in handler.state.repositories:
        message = "You already created this model repo"
        handler.send_json({"error": message, **url}, 409)
        return
    private = asked.get("visibility") == "private" or bool(asked.get("private"))
    repository = HubRepository(repo_id, is_private=private)
    repository.commit({".gitattributes": b"*.safetensors filter=lfs -text\n"})
    handler.state.repositories[repo_id] = repository
    handler.send_json(url)


def preupload(handler: "HubHandler", repository: HubRepository, revision: str) -> None:
    """`POST …/preupload/REV`: which files go by git-lfs."""
    if not _may_write(handler, repository.repo_id.partition("/")[0]):
        return
    commit = repository.resolve(revision) or ""
    files = []
    for one in (json_body(handler) or {}).get("files", []):
        sample = hub_file(one["path"], b"")
        is_lfs = sample.is_lfs or one["size"] >= 10_000_000
        there = repository.commits.get(commit, {}).get(one["path"])
        line = {
            "path": one["path"],
            "uploadMode": "lfs" if is_lfs else "regular",
            "shouldIgnore": False,
        }
        if there is not None:
            line["oid"] = there.etag
        files.append(line)
    handler.send_json({"files": files})


def batch(handler: "HubHandler", repository: HubRepository) -> None:
    """`POST ….git/info/lfs/objects/batch`: where large files are sent to."""
    if not _may_write(handler, repository.repo_id.partition("/")[0]):
        return
    objects = []
    for one in (json_body(handler) or {}).get("objects", []):
        line = {"oid": one["oid"], "size": one["size"], "authenticated": True}
        if one["oid"] not in handler.state.uploaded:
            href = f"{handler.state.cdn_endpoint}/upload/{one['oid']}"
            line["actions"] = {"upload": {"href": href, "header": {}}}
        objects.append(line)
    handler.send_json({"transfer": "basic", "objects": objects})


def commit(handler: "HubHandler", repository: HubRepository, revision: str) -> None:
    """`POST …/commit/REV`: lines of JSON."""
    if not _may_write(handler, repository.repo_id.partition("/")[0]):
        return
    files: dict[str, Given] = {}
    for text in handler.body.splitlines():
        line = json.loads(text)
        value = line["value"]
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            if value["oid"] not in handler.state.uploaded:
                handler.refuse(400, "", f"LFS object {value['oid']} is not there")
                return
            files[value["path"]] = handler.state.uploaded[value["oid"]]
    made = repository.commit(files, revision)
    address = f"{handler.state.endpoint}/{repository.repo_id}/commit/{made}"
    handler.send_json({"success": True, "commitUrl": address, "commitOid": made})
