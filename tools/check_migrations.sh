#!/bin/sh
# Fails when the models have changed and no migration says so. Uses an empty data folder of its own.
set -eu

bin=${BIN:-.venv/bin}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset FOUREYES_DATABASE_URL
FOUREYES_DATA_DIR=$folder DJANGO_SETTINGS_MODULE=foureyes.settings "$bin/django-admin" makemigrations --check --dry-run
