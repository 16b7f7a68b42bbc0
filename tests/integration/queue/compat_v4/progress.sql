UPDATE barid.job j SET progress = t.fraction, progress_note = t.note
FROM unnest($1::bigint[], $2::uuid[], $3::real[], $4::text[]) AS t(id, claim, fraction, note)
WHERE j.id = t.id AND j.claim_id = t.claim AND j.state = 'running'
