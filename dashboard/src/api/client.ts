// The one place that talks to /api/v1. Changing requests carry an Idempotency-Key, so that one
// whose answer was lost can be sent again without being done twice.
import { ApiError, problemOf } from './problem';

export type Param = string | number | boolean | null | undefined;
export type Params = Record<string, Param | readonly string[]>;

const ROOT = '/api/v1';
const TOKEN_KEY = 'barid.token';
const RESEND_AFTER_MS = [400, 1600];

type Listener = () => void;
const signedOut = new Set<Listener>();

/** Called when the server no longer knows who asks. */
export function onSignedOut(listener: Listener): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

/** A bearer token lives as long as the tab does; passwords make a cookie that no script can read. */
export function bearerToken(): string | null {
  try {
    return sessionStorage.getItem(TOKEN_KEY);
  } catch {
    return null;
  }
}

export function setBearerToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(TOKEN_KEY);
  else sessionStorage.setItem(TOKEN_KEY, token);
}

export function randomId(): string {
  // crypto.randomUUID is missing on plain http from another machine.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function queryString(params: Params | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    if (value === null || value === undefined || value === '') continue;
    if (typeof value === 'object') for (const each of value) search.append(name, each);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

export function apiHeaders(): Record<string, string> {
  const token = bearerToken();
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

interface Request {
  method: string;
  path: string;
  params?: Params | undefined;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface Answer<T> {
  data: T;
  etag: string | null;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function once(request: Request, headers: Record<string, string>): Promise<Response> {
  const init: RequestInit = { method: request.method, headers, credentials: 'same-origin' };
  if (request.body !== undefined) init.body = JSON.stringify(request.body);
  if (request.signal) init.signal = request.signal;
  return fetch(`${ROOT}${request.path}${queryString(request.params)}`, init);
}

async function deliver(request: Request): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: 'application/json',
    ...apiHeaders(),
    ...request.headers,
  };
  if (request.body !== undefined) headers['Content-Type'] = 'application/json';
  if (request.method !== 'GET') headers['Idempotency-Key'] = randomId();
  for (let attempt = 0; ; ++attempt) {
    try {
      return await once(request, headers);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      const wait = RESEND_AFTER_MS[attempt];
      if (wait === undefined) throw new ApiError(0, 'offline', '', null);
      await pause(wait);
    }
  }
}

async function call<T>(request: Request): Promise<Answer<T>> {
  const response = await deliver(request);
  if (!response.ok) {
    const problem = await problemOf(response);
    const asked = request.path === '/session' || request.path === '/me/password';
    if (response.status === 401 && !asked) for (const listener of signedOut) listener();
    throw problem;
  }
  const etag = response.headers.get('etag');
  if (response.status === 204) return { data: undefined as T, etag };
  return { data: (await response.json()) as T, etag };
}

async function data<T>(request: Request): Promise<T> {
  return (await call<T>(request)).data;
}

export const api = {
  get: <T>(path: string, params?: Params, signal?: AbortSignal) =>
    data<T>({ method: 'GET', path, params, signal }),
  /** With the ETag, which goes back as If-Match so that two people can't overwrite each other. */
  getTagged: <T>(path: string, signal?: AbortSignal) => call<T>({ method: 'GET', path, signal }),
  post: <T>(path: string, body: unknown = {}) => data<T>({ method: 'POST', path, body }),
  put: <T>(path: string, body: unknown, etag?: string | null) =>
    data<T>({ method: 'PUT', path, body, headers: etag ? { 'If-Match': etag } : {} }),
  patch: <T>(path: string, body: unknown, etag?: string | null) =>
    data<T>({ method: 'PATCH', path, body, headers: etag ? { 'If-Match': etag } : {} }),
  delete: <T = void>(path: string, body?: unknown) => data<T>({ method: 'DELETE', path, body }),
  /** For downloads: the answer as it is. */
  raw: async (path: string, params?: Params) => {
    const response = await deliver({ method: 'GET', path, params });
    if (!response.ok) throw await problemOf(response);
    return response;
  },
};
