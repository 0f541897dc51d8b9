-- seed 0, polls of 5000
-- A user takes the e-mail of one who is deleted in the same transaction, and comes first in it.
[1] begin;
[1] update users set full_name = 'heir' where id = '00000000-0000-4000-8000-000500000002';
[1] delete from users where id = '00000000-0000-4000-8000-000500000000';
[1] update users set email = 'first0@example.com' where id = '00000000-0000-4000-8000-000500000002';
[1] select entry_auth();
[1] commit;
-- until auth is at most 0 transactions behind
