"""The `[secrets]` and `[pipeline]` tables: where secrets live, and who may fetch them at deploy."""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field, model_validator

from uz.spec.table import Table
from uz.spec.values import (
    AgeRecipient,
    ClaimName,
    Duration,
    FilePath,
    HttpsUrl,
    SecretPath,
    Text,
)


class ManagerKind(StrEnum):
    """Which secrets manager keeps the secrets."""

    OPENBAO = "openbao"
    VAULT = "vault"
    AWS = "awssecrets"
    AZURE = "azurekeyvault"
    FILE = "file"


class Login(StrEnum):
    """How Uz logs in to a Vault or OpenBao that it does not run itself."""

    TOKEN = "token"
    APPROLE = "approle"
    JWT = "jwt"


class Secrets(Table):
    """The secrets manager. By default Uz runs an OpenBao of the environment's own."""

    manager: ManagerKind = ManagerKind.OPENBAO
    """`openbao` is run by Uz beside the app; `vault`, `awssecrets` and `azurekeyvault` are yours.
    `file` is for development: a file that anybody who reads the disk can read."""
    address: HttpsUrl | None = None
    """Where the manager is: of `vault` its address, of `azurekeyvault` the vault's, of `awssecrets`
    another endpoint than AWS's own."""
    region: Text = ""
    """The AWS region; without it the one that the environment of Uz names."""
    authority: FilePath | None = None
    """PEM file with the CA of a `vault` that public CAs do not know."""
    prefix: SecretPath | None = None
    """Where in the manager the secrets that Uz makes up are kept; in one of yours each environment
    has a folder of its name there. Of `vault` the first part is the mount of a KV engine, version
    2. Default: `secret/uz` of its own OpenBao, else `secret/APP/ENVIRONMENT/uz`."""
    login: Login = Login.APPROLE
    """How Uz logs in to a `vault`: by a token, an AppRole, or the identity token of a pipeline."""
    role: Text = ""
    """The role to log in with: of an AppRole its role id, of `jwt` the role's name."""
    login_mount: SecretPath | None = None
    """Where in a `vault` the login method is mounted. Default: the method's name."""
    bootstrap: FilePath | None = None
    """The file with the one credential that opens all others, mode 0400: of an AppRole the secret
    id, of `token` the token. An absolute path; choose one outside of the repository and of the
    environment's folder. Default: `ENVIRONMENT.bootstrap` beside that folder."""
    stale_for: Duration = timedelta(hours=24)
    """How old the sealed copy of the secrets may be that is used when the manager does not answer;
    `0s` means never."""
    recovery_recipient: AgeRecipient | None = None
    """The age recipient that the recovery kit is encrypted to. Without it the kit is a readable
    file, and Uz asks for it to be taken off the machine until it is gone."""

    @model_validator(mode="after")
    def _fits(self) -> "Secrets":
        needs_address = self.manager in {ManagerKind.VAULT, ManagerKind.AZURE}
        if needs_address and self.address is None:
            raise ValueError(f'manager = "{self.manager}" needs an address')
        if self.manager in {ManagerKind.OPENBAO, ManagerKind.FILE} and self.address:
            raise ValueError(
                f'manager = "{self.manager}" has no address; '
                'a manager of your own is "vault", "awssecrets" or "azurekeyvault"'
            )
        if self.bootstrap and not self.bootstrap.startswith("/"):
            raise ValueError("bootstrap: write an absolute path, outside of the repository")
        if self.embedded and self.prefix and not self.prefix.startswith("secret/"):
            raise ValueError(
                f'prefix = "{self.prefix}": in its own OpenBao it begins with "secret/"'
            )
        by_role = self.login in {Login.APPROLE, Login.JWT}
        if self.manager is ManagerKind.VAULT and by_role and not self.role:
            raise ValueError(f'login = "{self.login}" needs a role')
        return self

    @property
    def embedded(self) -> bool:
        """Whether Uz runs the manager itself."""
        return self.manager is ManagerKind.OPENBAO


class Pipeline(Table):
    """The pipeline that may fetch the secrets at deploy time, by its CI's own identity token."""

    issuer: HttpsUrl
    """Who signs the identity tokens, such as `https://token.actions.githubusercontent.com`."""
    audience: Text
    """What the token has to be made for: its `aud`."""
    claims: dict[ClaimName, Text] = Field(min_length=1)
    """What the token has to say, word for word, such as `repository` and `ref`."""
    token_lifetime: Duration = timedelta(minutes=10)
    """How long what the pipeline gets for its token is good for."""
    authority: FilePath | None = None
    """PEM file with the CA of an issuer that public CAs do not know."""
