SELECT crossfade.uuid5('rental', c.contract_no::text) AS id, c.contract_no, c.customer_no AS customer, c.opened AS opened_on,
       CASE c.state WHEN 'd' THEN 'DRAFT' WHEN 'o' THEN 'OPEN' WHEN 'c' THEN 'CLOSED' END AS status,
       t.deposit, t.insured,
       (SELECT coalesce(sum(l.days * l.rate), 0) FROM legacy.contract_lines l WHERE l.contract_no = c.contract_no) AS line_total,
       CASE WHEN c.state NOT IN ('d', 'o', 'c') THEN 'state ' || c.state || ' is unknown' END AS park
FROM legacy.contracts c JOIN legacy.contract_terms t USING (contract_no)
WHERE c.contract_no = any(:keys)
