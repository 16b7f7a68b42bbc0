UPDATE barid.worker SET renewals = renewals + 1, renewed_at = now() WHERE id = $1
