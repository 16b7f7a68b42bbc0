INSERT INTO barid.worker (id, lease_ttl, name, queues)
           VALUES ($1, $2::interval, $3, $4::text[])
