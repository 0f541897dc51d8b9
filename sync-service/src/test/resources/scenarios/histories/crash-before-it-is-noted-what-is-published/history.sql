-- seed 0, polls of 5000
-- The process dies in the moment in which it notes how far Kafka has everything: nothing beyond what
-- was noted before may have been released.
-- until rental is at most 0 transactions behind
-- fault 1: CRASH BEFORE GAP_GUARD_WRITE at hit 3
[1] begin;
[1] update contracts set customer_no = 101 where contract_no = 2;
[1] select entry_rental();
[1] commit;
-- until rental is at most 0 transactions behind
[2] begin;
[2] update contracts set customer_no = 102 where contract_no = 3;
[2] select entry_rental();
[2] commit;
-- until rental is at most 0 transactions behind
[3] begin;
[3] update contracts set customer_no = 103 where contract_no = 1;
[3] select entry_rental();
[3] commit;
-- until rental is at most 0 transactions behind
[4] begin;
[4] update contracts set customer_no = 104 where contract_no = 2;
[4] select entry_rental();
[4] commit;
-- until rental is at most 0 transactions behind
[5] begin;
[5] update contracts set customer_no = 105 where contract_no = 3;
[5] select entry_rental();
[5] commit;
-- until rental is at most 0 transactions behind
[6] begin;
[6] update contracts set customer_no = 106 where contract_no = 1;
[6] select entry_rental();
[6] commit;
-- until rental is at most 0 transactions behind
[7] begin;
[7] update contracts set customer_no = 107 where contract_no = 2;
[7] select entry_rental();
[7] commit;
-- until rental is at most 0 transactions behind
[8] begin;
[8] update contracts set customer_no = 108 where contract_no = 3;
[8] select entry_rental();
[8] commit;
-- until rental is at most 0 transactions behind
