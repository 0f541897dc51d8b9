-- seed 0, polls of 5000
-- As with the restart, but only the server's end of the stream dies (TRAPS: T2K).
[1] begin;
[1] insert into contracts select g, 100, '2026-01-01', 'o', null from generate_series(500, 505) g;
[1] insert into contract_terms select g, 1, true from generate_series(500, 505) g;
[2] begin;
[2] insert into contracts values (600, 100, '2026-01-01', 'o', null);
[2] insert into contract_terms values (600, 1, true);
[2] select entry_rental();
[2] commit;
-- until rental is at most 0 transactions behind
-- fault 1: WALSENDER rental
[1] insert into contracts select g, 100, '2026-01-01', 'o', null from generate_series(506, 510) g;
[1] insert into contract_terms select g, 1, true from generate_series(506, 510) g;
[1] select entry_rental();
[1] commit;
[3] begin;
[3] insert into contracts values (601, 100, '2026-01-01', 'o', null);
[3] insert into contract_terms values (601, 1, true);
[3] select entry_rental();
[3] commit;
-- until rental is at most 0 transactions behind
