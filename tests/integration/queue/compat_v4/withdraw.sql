SELECT barid.rescue(w.id, w.renewals) FROM barid.worker w WHERE w.id = $1
