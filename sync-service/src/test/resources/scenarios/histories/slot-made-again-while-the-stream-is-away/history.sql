-- seed 0, polls of 5000, gap
-- The connection is lost, and before it is back somebody has dropped the slot and made it again:
-- what was committed between is in no log that will ever be read.
[1] begin;
[1] update contracts set customer_no = 101 where contract_no = 1;
[1] select entry_rental();
[1] commit;
-- until rental is at most 0 transactions behind
-- fault 1: SLOT_MADE_AGAIN rental
