"""Four processes, each with one request at a time."""

import os

wsgi_app = "app:app"
workers = 4
bind = os.environ.get("BIND", "0.0.0.0:8000")
loglevel = "warning"
# A beat of the workers is a touch of a file: in memory, so that no disk holds it up.
worker_tmp_dir = "/dev/shm"
