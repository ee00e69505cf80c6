"""AWS Secrets Manager, through boto3."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from uz.errors import SecretError
from uz.managers.aws_errors import code_of, marked, meaning
from uz.managers.inside import as_secret
from uz.managers.one_text import fields_of, text_of
from uz.managers.protocol import Kept
from uz.secret import Secret
from uz.waiting import met

MOST = 65_536
"""Bytes of a secret: AWS keeps no more."""
PATIENCE = 10.0
"""Seconds that one answer may take; boto3 asks three times."""
SETTLES = 30.0
"""Seconds that a name may stay taken after its secret was removed."""


class AwsManager:
    """AWS Secrets Manager in one region, as whom the environment of Uz is logged in."""

    def __init__(self, region: str, endpoint: str | None, patience: float = PATIENCE) -> None:
        """Log in as boto3 does. Raises SecretError where it is missing, or the region."""
        self._session, self._errors = _sdk()
        self._clients: dict[str, Any] = {}
        self.endpoint, self.patience = endpoint, patience
        self.region = region
        client = self._client(region)
        self.region = client.meta.region_name
        self._clients[self.region] = client

    @property
    def name(self) -> str:
        """What messages call it."""
        place = f" at {self.endpoint}" if self.endpoint else ""
        return f"AWS Secrets Manager {self.region}{place}".replace("  ", " ")

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        """The current version; or the one of `version_id` or `version_stage`, of a `region`."""
        given = parameters or {}
        asked = {"SecretId": path}
        for parameter, key in (("version_id", "VersionId"), ("version_stage", "VersionStage")):
            if given.get(parameter):
                asked[key] = given[parameter]
        answer = self._ask("get_secret_value", path, region=given.get("region", ""), **asked)
        if answer is None:
            return None
        return Kept(fields_of(_value(answer, path)), answer["VersionId"], answer["CreatedDate"])

    def write(self, path: str, fields: Mapping[str, Secret]) -> Kept:
        """Keep one value as it is, several fields as a JSON object."""
        text = text_of(path, fields, MOST)
        versions: list[str] = []

        def written() -> bool:
            versions.extend(self._put(path, text))
            return bool(versions)

        if not met(written, SETTLES):
            raise SecretError(
                f"{self.name}: {path} is still being removed after {SETTLES:.0f} s",
                hint="Try again in a minute.",
            )
        return Kept(fields_of(Secret(text.encode())), versions[0], datetime.now(UTC))

    def remove(self, path: str) -> None:
        """Forget it at once: AWS keeps nothing to recover."""
        self._ask("delete_secret", path, SecretId=path, ForceDeleteWithoutRecovery=True)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """All names below a prefix, sorted."""
        names: list[str] = []
        asked: dict[str, Any] = {"Filters": [{"Key": "name", "Values": [f"{prefix}/"]}]}
        while answer := self._ask("list_secrets", prefix, **asked):
            names += [one["Name"] for one in answer["SecretList"]]
            if not answer.get("NextToken"):
                break
            asked["NextToken"] = answer["NextToken"]
        return tuple(sorted(name for name in names if name.startswith(f"{prefix}/")))

    def _put(self, path: str, text: str) -> list[str]:
        """The new version; none where the name is on its way out, or was on its way in."""
        answer = self._ask("put_secret_value", path, SecretId=path, SecretString=text)
        answer = answer or self._ask("create_secret", path, Name=path, SecretString=text)
        if answer is None:
            self._ask("restore_secret", path, SecretId=path)
            return []
        return [answer["VersionId"]]

    def _ask(self, operation: str, path: str, *, region: str = "", **asked: Any) -> Any:
        """AWS's answer; None where nothing is there, or stands in the way only for now."""
        client = self._client(region or self.region)
        try:
            answer = getattr(client, operation)(**asked)
        except (self._errors.ClientError, self._errors.BotoCoreError) as error:
            found = code_of(error) not in {"ResourceNotFoundException", "ResourceExistsException"}
            if found and not marked(error):
                raise meaning(error, f"{self.name}: {path}") from None
            return None
        if not {"ARN", "SecretList"} & answer.keys():
            raise SecretError(f"{self.name}: what answers there is not AWS Secrets Manager")
        return answer

    def _client(self, region: str) -> Any:
        if region not in self._clients:
            config = import_module("botocore.config").Config(
                connect_timeout=min(self.patience, 5.0),
                read_timeout=self.patience,
                retries={"mode": "standard", "total_max_attempts": 3},
            )
            try:
                self._clients[region] = self._session.client(
                    "secretsmanager",
                    region_name=region or None,
                    endpoint_url=self.endpoint,
                    config=config,
                )
            except (self._errors.BotoCoreError, ValueError) as error:
                raise meaning(error, self.name) from None
        return self._clients[region]


def aws(region: str, endpoint: str | None) -> AwsManager:
    """The Secrets Manager of a region; of the environment's own where it is empty."""
    return AwsManager(region, endpoint)


def _sdk() -> tuple[Any, Any]:
    """A session of boto3 and the errors it may raise."""
    session, errors = import_module("boto3.session"), import_module("botocore.exceptions")
    for name in ("boto3", "botocore"):
        log = logging.getLogger(name)
        log.setLevel(max(log.getEffectiveLevel(), logging.INFO))  # below, it logs what is sent
    return session.Session(), errors


def _value(answer: Mapping[str, Any], path: str) -> Secret:
    if "SecretString" in answer:
        secret = as_secret(answer["SecretString"])
    else:
        secret = as_secret(bytes(answer["SecretBinary"]).decode(errors="surrogateescape"))
    if secret is None:
        raise SecretError(
            f"{path}: what AWS keeps there is not UTF-8 text",
            hint="Keep binary values encoded, such as in base64.",
        )
    return secret
