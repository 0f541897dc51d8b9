-- seed 0, polls of 5000
-- Rows of the load change at once, and transactions are open over it.
[1] begin;
[1] update contracts set customer_no = 101 where contract_no = 1;
-- fault 1: LOAD rental
[1] update contract_lines set days = 9 where contract_no = 1;
[1] select entry_rental();
[1] commit;
[2] begin;
[2] update contracts set customer_no = 102 where contract_no = 2;
[2] delete from contracts where contract_no = 3;
[2] select entry_rental();
[2] commit;
-- until rental is at most 0 transactions behind
[3] begin;
[3] update contracts set customer_no = 103 where contract_no = 2;
[3] select entry_rental();
[3] commit;
-- until rental is at most 0 transactions behind
