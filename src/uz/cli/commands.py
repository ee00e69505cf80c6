"""All commands: the name, and the line that `uz --help` shows. Each is a module of its own."""

COMMANDS = {
    "init": "look at this repository and write uz.toml",
    "doctor": "which programs are needed, found, known to work; --install gets them",
    "render": "write the configuration files to look at; --check says when they are stale",
    "up": "bring the environment up: only what changed",
    "down": "stop the environment, in reverse order",
    "status": "how every service and every item is doing",
    "logs": "show the logs of a service",
    "shell": "open a data store's own shell, with all rights",
    "secrets": "import, list, set, check, rotate and look for secrets",
    "migrate": "run the migration of the active release once more",
    "switchover": "make a standby the primary, as planned: queries wait, none fails",
    "failover": "make a standby the primary when the primary is lost",
    "prove": "try the items on the running environment",
    "rehearse": "try everything, and break it on purpose, in a disposable environment",
    "explain": "what an item means, how it is tried, and how to mend it",
    "eject": "how to run the rendered files without Uz",
    "service": "a systemd unit that keeps the environment up",
    "history": "who changed what, and when",
    "uninstall": "list and remove exactly what Uz created",
}
