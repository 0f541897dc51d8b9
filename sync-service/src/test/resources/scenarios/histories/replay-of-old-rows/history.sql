-- seed 0, polls of 1
-- Older versions of a row, and a row that was deleted since, come again, a few records at a time.
[1] begin;
[1] update contracts set customer_no = 201 where contract_no = 1;
[1] insert into contracts values (50, 100, '2026-01-01', 'o', null);
[1] insert into contract_terms values (50, 1, true);
[1] select entry_rental();
[1] commit;
[2] begin;
[2] update contracts set customer_no = 202 where contract_no = 1;
[2] select entry_rental();
[2] commit;
[3] begin;
[3] update contracts set customer_no = 203 where contract_no = 1;
[3] delete from contracts where contract_no = 50;
[3] select entry_rental();
[3] commit;
-- until rental is at most 0 transactions behind
-- fault 1: REPLAY rental
[4] begin;
[4] update contracts set customer_no = 204 where contract_no = 2;
[4] select entry_rental();
[4] commit;
-- until rental is at most 0 transactions behind
