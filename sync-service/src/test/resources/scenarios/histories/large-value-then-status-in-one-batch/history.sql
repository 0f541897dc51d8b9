-- seed 0, polls of 5000
-- The second change does not repeat the large value of the first (TRAPS: order and positions).
-- until rental is at most 0 transactions behind
-- fault 1: STOP rental
[1] begin;
[1] update contracts set remarks = (select string_agg(md5('1 ' || g), '') from generate_series(1, 320) g) where contract_no = 1;
[1] update contracts set state = 'c' where contract_no = 1;
[1] select entry_rental();
[1] commit;
-- fault 2: START rental
-- until rental is at most 0 transactions behind
[2] begin;
[2] update contracts set customer_no = 107 where contract_no = 1;
[2] select entry_rental();
[2] commit;
-- until rental is at most 0 transactions behind
