SELECT barid.claim_keyed($1, $2, $3::uuid, $4::bigint[])
