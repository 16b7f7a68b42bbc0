SELECT job_id, result FROM barid.settle($1::bigint[], $2::uuid[], $3::text[], $4::bigint[],
    $5::text[], $6::text[], $7, $8::uuid[])
