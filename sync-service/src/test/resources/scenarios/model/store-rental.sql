create view seen (target, key, content) as
  select 'rentals', contract_no::text,
    row(customer, opened_on::text, case when id = crossfade.uuid5('rental', contract_no::text) then status end, deposit::text, insured, line_total::text)::text
  from rentals
  union all
  select 'rental_notes', r.contract_no::text, md5(note) from rental_notes n join rentals r on r.id = n.rental_id
  union all
  select 'rental_lines', r.contract_no || '/' || line, row(machine, days, rate::text)::text from rental_lines l join rentals r on r.id = l.rental_id;
