#!/usr/bin/env bash
# What `crossfade init --only source` prints for the shop, with the role's password.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v password="$LEGACY_PASSWORD" --username postgres --dbname shop << 'SQL'
create role crossfade_capture login replication password :'password';
grant usage on schema public to crossfade_capture;
grant select on products, stock, sales_orders, sales_items, users, roles, user_roles to crossfade_capture;
create publication crossfade_legacy
  for table products, stock, sales_orders, sales_items, users, roles, user_roles;
SQL
