-- seed 0, polls of 5000, parks
-- A contract has a state that the mapping does not know; what comes later cures it.
[1] begin;
[1] update contracts set state = 'x' where contract_no = 1;
[1] select entry_rental();
[1] commit;
-- until rental is at most 0 transactions behind
[2] begin;
[2] update contracts set customer_no = 109 where contract_no = 1;
[2] select entry_rental();
[2] commit;
-- until rental is at most 0 transactions behind
[3] begin;
[3] update contracts set state = 'c' where contract_no = 1;
[3] select entry_rental();
[3] commit;
-- until rental is at most 0 transactions behind
