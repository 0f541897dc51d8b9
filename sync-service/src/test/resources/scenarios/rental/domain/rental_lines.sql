SELECT crossfade.uuid5('rental', contract_no::text) AS rental_id, line_no::integer AS line, machine, days, rate
FROM legacy.contract_lines WHERE contract_no = any(:keys)
