SELECT crossfade.uuid5('rental', contract_no::text) AS rental_id, remarks AS note
FROM legacy.contracts WHERE contract_no = any(:keys) AND remarks IS NOT NULL
