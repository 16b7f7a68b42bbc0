// A stand-in for a Bunny Edge Storage zone, built from the documented wire facts; it isn't Bunny.
//
// usage: node bunny_stub.mjs ZONE ACCESS_KEY; prints `READY <port>`, listens on loopback.
// Strict where Bunny is: a wrong or missing AccessKey is 401 (before anything else), a wrong Checksum
// 400, a name without an extension 400, what isn't there 404, HEAD 401, an accepted PUT 201. A tag
// that is too long for a CDN-Tag is 400. It also answers for the account's API (AccessKey
// "account-key", which is not the zone's): POST /purge?url=… and /pullzone/77/purgeCache with a
// CacheTag; another pull zone is 404. GET /__purged answers with what was purged.
// Switches for tests: POST /__faults with a JSON list, each used up by one request:
// {"status":503,"retry_after":"1"}, {"drop":true} (closes without an answer), {"forget":true} (says
// 201 and keeps nothing), {"corrupt":true} (flips a bit before the hash is checked), null (none).
// GET /__log answers with the requests so far.
// It parses HTTP/1.1 itself, because Node's parser doesn't know the verb DESCRIBE.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const [zone, key] = process.argv.slice(2);
const objects = new Map();
const purged = { urls: [], tags: [] };
const log = [];
let faults = [];

const problem = (status, message) => ({ status, json: { HttpCode: status, Message: message } });

function record(path, object) {
  const slash = path.lastIndexOf('/');
  return {
    Guid: object.guid,
    StorageZoneName: zone,
    Path: `/${zone}/${path.slice(0, slash + 1)}`,
    ObjectName: path.slice(slash + 1),
    Length: object.bytes.length,
    LastChanged: object.changed,
    IsDirectory: false,
    ContentType: object.type,
    Checksum: object.checksum,
  };
}

function put(request, path, fault) {
  if (!/\.[^./]+$/.test(path)) return problem(400, 'The requested directory does not exist');
  if ((request.headers['cdn-tag'] ?? '').length > 1024) return problem(400, 'CDN-Tag is too long');
  const bytes = Buffer.from(request.body);
  if (fault.corrupt && bytes.length > 0) bytes[0] ^= 1;
  const checksum = createHash('sha256').update(bytes).digest('hex').toUpperCase();
  const claimed = request.headers.checksum;
  if (claimed !== undefined && claimed !== checksum) return problem(400, 'Checksum mismatch');
  if (!fault.forget) {
    const type = request.headers['content-type'] ?? 'application/octet-stream';
    const changed = new Date().toISOString().slice(0, -1);
    objects.set(path, { bytes, checksum, type, changed, guid: `guid-${objects.size}` });
  }
  return problem(201, 'File uploaded.');
}

function serveApi(request) {
  if (request.method !== 'POST') return problem(405, 'Method Not Allowed');
  if (request.headers.accesskey !== 'account-key') return problem(401, 'Authorization denied');
  const url = new URL(request.url, 'http://api');
  if (url.pathname === '/purge') {
    const target = url.searchParams.get('url');
    if (!target || !URL.canParse(target)) return problem(400, 'Invalid URL');
    purged.urls.push(target);
    return { status: 200, json: {} };
  }
  if (url.pathname !== '/pullzone/77/purgeCache') return problem(404, 'Pull zone not found');
  const body = request.body.length > 0 ? JSON.parse(request.body) : {};
  if (typeof body.CacheTag !== 'string') return problem(400, 'CacheTag is missing');
  purged.tags.push(body.CacheTag);
  return { status: 204, bytes: Buffer.alloc(0) };
}

function serve(request) {
  if (request.url === '/__purged') return { status: 200, json: purged };
  if (/^\/(purge\?|pullzone\/)/.test(request.url)) return serveApi(request);
  if (request.url === '/__log') return { status: 200, json: log };
  if (request.url === '/__faults') {
    faults = JSON.parse(request.body);
    return { status: 200, json: {} };
  }
  const { checksum, 'content-type': type, 'cdn-tag': tag } = request.headers;
  log.push({ method: request.method, url: request.url, checksum, type, tag });
  const fault = faults.shift() ?? {};
  if (fault.drop) return null;
  if (fault.status) {
    const headers = fault.retry_after ? { 'Retry-After': fault.retry_after } : {};
    return { ...problem(fault.status, 'Fault'), headers };
  }
  const mine = request.url.startsWith(`/${zone}/`);
  if (request.headers.accesskey !== key || !mine) return problem(401, 'Unauthorized');
  const path = request.url.slice(zone.length + 2);
  const object = objects.get(path);
  if (request.method === 'PUT') return put(request, path, fault);
  if (request.method === 'HEAD') return { status: 401, bytes: Buffer.alloc(0) };
  if (!object) return problem(404, 'Object Not Found');
  if (request.method === 'DESCRIBE') return { status: 200, json: record(path, object) };
  if (request.method === 'GET') return { status: 200, bytes: object.bytes };
  if (request.method === 'DELETE') {
    objects.delete(path);
    return problem(200, 'File deleted.');
  }
  return problem(405, 'Method Not Allowed');
}

function write(socket, answer) {
  const body = answer.bytes ?? Buffer.from(JSON.stringify(answer.json));
  const headers = {
    'Content-Type': answer.bytes ? 'application/octet-stream' : 'application/json',
    'Content-Length': body.length,
    ...answer.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${answer.status} Status\r\n${lines.join('')}\r\n`);
  socket.write(body);
}

/** The request at the start of `bytes` and what follows it, or null while it isn't complete. */
function parse(bytes, onExpect) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method, url] = first.split(' ');
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const stop = end + 4 + Number(headers['content-length'] ?? 0);
  if (bytes.length < stop) {
    if (headers.expect) onExpect();
    return null;
  }
  const request = { method, url, headers, body: bytes.subarray(end + 4, stop) };
  return { request, rest: bytes.subarray(stop) };
}

const server = createServer((socket) => {
  let bytes = Buffer.alloc(0);
  let continued = false;
  const onExpect = () => {
    if (!continued) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    continued = true;
  };
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece) => {
    bytes = Buffer.concat([bytes, piece]);
    for (let parsed = parse(bytes, onExpect); parsed; parsed = parse(bytes, onExpect)) {
      bytes = parsed.rest;
      continued = false;
      const answer = serve(parsed.request);
      if (!answer) return socket.destroy();
      write(socket, answer);
    }
    return undefined;
  });
});
server.listen(0, '127.0.0.1', () => console.log(`READY ${server.address().port}`));
