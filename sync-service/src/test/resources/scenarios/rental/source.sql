-- A rental business, as unlike the shop as it can be: integer and composite keys, a one-to-one table
-- beside the main one, one-letter states, a note in the main table.
create table contracts (
  contract_no integer primary key,
  customer_no integer not null,
  opened      date not null,
  state       char(1) not null,
  remarks     text
);
create table contract_terms (
  contract_no integer primary key references contracts on delete cascade,
  deposit     numeric(10,3) not null,
  insured     boolean not null
);
create table contract_lines (
  contract_no integer not null references contracts on delete cascade on update cascade,
  line_no     smallint not null,
  machine     varchar(20) not null,
  days        integer not null,
  rate        numeric(8,2) not null,
  primary key (contract_no, line_no)
);
insert into contracts values (1, 100, '2026-01-05', 'o', 'handle with care'), (2, 100, '2026-01-06', 'd', null), (3, 101, '2026-01-07', 'c', 'late');
insert into contract_terms values (1, 50.005, true), (2, 0, false), (3, 10, false);
insert into contract_lines values (1, 1, 'digger', 3, 120.00), (1, 2, 'trailer', 3, 15.50), (2, 1, 'crane', 10, 900.00), (3, 1, 'pump', 1, 20.00);
