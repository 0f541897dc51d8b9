-- seed 0, polls of 5000
-- The rows of the long transaction stand in the log before those of the short one, which commits
-- first; the stream is begun again between the two commits (TRAPS: T2).
[1] begin;
[1] insert into contracts select g, 100, '2026-01-01', 'o', null from generate_series(300, 305) g;
[1] insert into contract_terms select g, 1, true from generate_series(300, 305) g;
[2] begin;
[2] insert into contracts values (400, 100, '2026-01-01', 'o', null);
[2] insert into contract_terms values (400, 1, true);
[2] select entry_rental();
[2] commit;
-- until rental is at most 0 transactions behind
-- fault 1: RESTART rental
[3] begin;
[3] insert into contracts values (401, 100, '2026-01-01', 'o', null);
[3] insert into contract_terms values (401, 1, true);
[3] select entry_rental();
[3] commit;
-- until rental is at most 0 transactions behind
[1] insert into contracts select g, 100, '2026-01-01', 'o', null from generate_series(306, 310) g;
[1] insert into contract_terms select g, 1, true from generate_series(306, 310) g;
[1] select entry_rental();
[1] commit;
-- until rental is at most 0 transactions behind
