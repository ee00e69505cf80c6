"""supervisord.conf: what runs, how it is stopped, how much of its log is kept."""

from uz.spec import Spec
from uz.stack import Role, Service, Stack


def supervisord_conf(spec: Spec, stack: Stack, *, isolated: bool) -> str:
    """The configuration of the process supervisor; every path is relative to its own folder."""
    head = f"""\
; Processes of {spec.app.name} ({spec.environment}). Written by `uz render` from uz.toml.
; Nothing starts by itself: `uz up` starts each service when those before it are ready.
[supervisord]
identifier={spec.app.name}-{spec.environment}
logfile=%(here)s/../logs/supervisord.log
logfile_maxbytes={spec.logs.max_size}
logfile_backups={spec.logs.keep}
pidfile=%(here)s/../run/supervisord.pid
childlogdir=%(here)s/../logs
directory=%(here)s/..
umask=077
{"user=root" if isolated else "; runs as the user who started it"}

[unix_http_server]
file=%(here)s/../run/supervisor.sock
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://%(here)s/../run/supervisor.sock
"""
    ranks = _ranks(stack)
    return head + "".join(
        _program(spec, service, ranks[service.name])
        for service in stack.in_start_order()
        if not service.once
    )


def _ranks(stack: Stack) -> dict[str, int]:
    """How far a service is from those that need no other: one more instance changes no rank."""
    ranks: dict[str, int] = {}
    for service in stack.in_start_order():
        ranks[service.name] = 1 + max((ranks[name] for name in service.after), default=0)
    return ranks


def _program(spec: Spec, service: Service, rank: int) -> str:
    of_the_app = service.role in {Role.WEB, Role.WORKER}
    return f"""
; {service.description}
[program:{service.name}]
command=/bin/sh %(here)s/services/{service.name}
priority={rank}
autostart=false
autorestart=true
startsecs=1
startretries=1000
stopsignal={service.stop_signal}
stopwaitsecs={round(service.stop_timeout)}
stopasgroup={"true" if of_the_app else "false"}
killasgroup=true
redirect_stderr=true
stdout_logfile=%(here)s/../logs/{service.name}.log
stdout_logfile_maxbytes={spec.logs.max_size}
stdout_logfile_backups={spec.logs.keep}
"""
