SELECT barid.close_epoch($1, $2, $3::uuid[])
