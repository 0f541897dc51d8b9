create sequence rental_numbers;
create table rentals (
  id           uuid primary key,
  order_number text not null unique default 'R-' || nextval('rental_numbers'),
  contract_no  integer not null unique,
  customer     integer not null,
  opened_on    date not null,
  status       text not null check (status in ('DRAFT', 'OPEN', 'CLOSED')),
  deposit      numeric(10,2) not null,
  insured      boolean not null,
  line_total   numeric(12,2) not null
);
create table rental_notes (
  rental_id uuid primary key references rentals,
  note      text not null
);
create table rental_lines (
  rental_id uuid not null references rentals,
  line      integer not null,
  machine   text not null,
  days      integer not null check (days > 0),
  rate      numeric(8,2) not null,
  primary key (rental_id, line)
);
create index on rental_lines (rental_id);
-- A side effect that must happen once: how often a customer's rental became OPEN.
create table openings (customer integer primary key, n integer not null);
create function count_opening() returns trigger language plpgsql as $$
begin
  if new.status = 'OPEN' and (tg_op = 'INSERT' or old.status is distinct from 'OPEN') then
    insert into openings values (new.customer, 1) on conflict (customer) do update set n = openings.n + 1;
  end if;
  return new;
end $$;
create trigger count_opening after insert or update on rentals for each row execute function count_opening();
