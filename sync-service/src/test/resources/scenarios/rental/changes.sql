-- one statement block a transaction, separated by a line of --
begin; insert into contracts values (4, 102, '2026-02-01', 'o', null); insert into contract_terms values (4, 1.005, true); insert into contract_lines values (4, 1, 'saw', 2, 9.99); commit;
--
update contracts set state = 'o' where contract_no = 2;
--
update contracts set state = 'o' where contract_no = 2;
--
begin; update contract_lines set days = 5 where contract_no = 1 and line_no = 2; update contracts set remarks = null where contract_no = 1; commit;
--
update contract_lines set contract_no = 4, line_no = 2 where contract_no = 3 and line_no = 1;
--
begin; delete from contracts where contract_no = 3; commit;
--
update contracts set state = 'x' where contract_no = 4;
--
update contracts set customer_no = 200 where contract_no = 4;
--
update contracts set remarks = 'back soon' where contract_no = 2;
--
begin; insert into contracts values (9, 1, '2026-01-01', 'd', null); rollback;
