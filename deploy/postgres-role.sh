#!/bin/sh
# Run once by the image of PostgreSQL, when its data directory is new.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --set=password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE comanda LOGIN PASSWORD :'password';
CREATE DATABASE comanda OWNER comanda;
SQL
