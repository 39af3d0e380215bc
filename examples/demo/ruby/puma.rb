# frozen_string_literal: true

# Four processes, forked from one that has loaded the app.
workers 4
threads 1, 1
preload_app!
environment "production"
bind ENV.fetch("BIND", "tcp://0.0.0.0:8000")
quiet
