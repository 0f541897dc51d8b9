#!/usr/bin/env bash
# The services' databases, and what `crossfade init` prints for them, with the role's password.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v password="$STORE_PASSWORD" --username postgres << 'SQL'
create role crossfade_apply login password :'password';
SQL
for service in product inventory order auth; do
  psql -v ON_ERROR_STOP=1 --username postgres -c "create database \"$service\""
  psql -v ON_ERROR_STOP=1 --username postgres --dbname "$service" -f "/shop/$service-service.sql"
  psql -v ON_ERROR_STOP=1 --username postgres --dbname "$service" << SQL
grant connect, create, temporary on database "$service" to crossfade_apply;
grant usage on schema public to crossfade_apply;
grant select, insert, update, delete on all tables in schema public to crossfade_apply;
SQL
done
# The control database comes last: its presence means that the others are there.
psql -v ON_ERROR_STOP=1 --username postgres -c "create database control owner crossfade_apply"
