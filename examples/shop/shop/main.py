"""What the server starts: `uvicorn shop.main:app`."""

import logging
import os
import sys

from shop.app import create_app
from shop.logs import write_json_lines
from shop.settings import Settings, release
from shop.variables import SettingsError

# The server configures its own logging and then imports this module, before its
# first line is written: taking its loggers over here leaves no line in another form.
write_json_lines(release(os.environ))

try:
    app = create_app(Settings.read(os.environ))
except SettingsError as error:
    logging.getLogger(__name__).critical("cannot start: %s", error)
    sys.exit(1)
