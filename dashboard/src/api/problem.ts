// What the server couldn't do, as RFC 9457 problem details; `code` is what the page translates.

export interface Violation {
  at: string;
  problem: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId: string | null,
    readonly errors: Violation[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail || code);
    this.name = 'ApiError';
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function violations(value: unknown): Violation[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((each) => ({
    at: String(each['at'] ?? ''),
    problem: String(each['problem'] ?? ''),
  }));
}

/** Never throws: an answer that isn't a problem document (a proxy's page) gets a code by status. */
export async function problemOf(response: Response): Promise<ApiError> {
  const header = response.headers.get('x-request-id');
  const wait = Number(response.headers.get('retry-after'));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  try {
    const body: unknown = await response.json();
    if (isRecord(body) && typeof body['code'] === 'string') {
      const id = typeof body['request_id'] === 'string' ? body['request_id'] : header;
      const detail = typeof body['detail'] === 'string' ? body['detail'] : '';
      const errors = violations(body['errors']);
      return new ApiError(response.status, body['code'], detail, id, errors, retryAfter);
    }
  } catch {
    // Not JSON: the status alone has to do.
  }
  const code = response.status >= 500 ? 'unavailable' : `http_${response.status}`;
  return new ApiError(response.status, code, '', header, [], retryAfter);
}
