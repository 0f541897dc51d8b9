-- seed 0, polls of 5000
-- The store is lost in the middle of a batch: its rows are rolled back, and so must be the progress.
-- until rental is at most 0 transactions behind
-- fault 1: FAIL AFTER MIRROR at hit 1
[1] begin;
[1] update contracts set customer_no = 107 where contract_no = 1;
[1] select entry_rental();
[1] commit;
-- until rental is at most 0 transactions behind
