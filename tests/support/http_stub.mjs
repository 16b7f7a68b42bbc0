// An HTTP server that answers well and badly, by path, for the tests of base's HTTP client.
//
//     node http_stub.mjs [KEY.pem CERT.pem]
//
// Prints `HTTPS2 <port>` (HTTP/2 and 1.1 by ALPN), `HTTPS1 <port>` (HTTP/1.1 only) when it has a
// certificate, and at last `READY <port>` (plain HTTP/1.1). All listen on 127.0.0.1.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';

const { NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR } = http2.constants;
const seen = new Map(); // x-id -> how many whole requests arrived with it
const connections = { http: 0, https1: 0, https2: 0 };
const sockets = new Map(); // the client's port -> the TCP connection
let refusals = 0;
let gathered = 0;

function readAll(req) {
    return new Promise((resolve) => {
        if (req.readableEnded) return resolve();
        const hash = crypto.createHash('sha256');
        let size = 0;
        req.on('data', (piece) => { hash.update(piece); size += piece.length; });
        req.on('end', () => resolve({ size, sha256: hash.digest('hex') }));
        req.on('error', () => {});
    });
}

function json(res, value) {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(value));
}

/// Ends the connection (HTTP/1.1) or the stream without an answer.
function drop(req, code = NGHTTP2_INTERNAL_ERROR) {
    if (req.stream) req.stream.close(code);
    else req.socket.destroy();
}

const routes = {
    async echo(req, res) {
        const body = await readAll(req);
        const { method, url, headers, httpVersion: version } = req;
        json(res, { method, url, version, headers, body });
    },
    async status(req, res, [code]) {
        await readAll(req);
        res.writeHead(Number(code), { 'x-stub': 'yes', 'retry-after': '7' });
        res.end(Number(code) === 204 || Number(code) === 304 ? undefined : `status ${code}`);
    },
    bytes(req, res, [count]) {
        res.writeHead(200, { 'content-type': 'application/octet-stream' });
        let left = Number(count);
        const more = () => {
            while (left > 0) {
                const piece = Buffer.alloc(Math.min(left, 16384), 'x');
                left -= piece.length;
                if (!res.write(piece)) return res.once('drain', more);
            }
            res.end();
        };
        more();
    },
    announced(req, res, [count]) {
        res.writeHead(200, { 'content-length': count });
        res.write('x');
    },
    hang() {},
    trickle(req, res) {
        res.writeHead(200);
        const timer = setInterval(() => res.write('x'), 200);
        res.on('close', () => clearInterval(timer));
    },
    truncate(req, res) {
        res.writeHead(200, { 'content-length': '100' });
        res.write('only ten b');
        setImmediate(() => setTimeout(() => drop(req), 20));
    },
    // The request arrives whole, and no answer ever comes.
    async vanish(req) {
        await readAll(req);
        drop(req);
    },
    // The request arrives whole, and then the whole HTTP/2 connection ends.
    async hangup(req) {
        await readAll(req);
        sockets.get(req.socket.remotePort).destroy();
    },
    // The same, with a TCP reset.
    async reset(req) {
        await readAll(req);
        sockets.get(req.socket.remotePort).resetAndDestroy();
    },
    // The connection ends, by `reset` or `hangup`, when that many requests have arrived whole.
    async gather(req, res, [end, total]) {
        await readAll(req);
        gathered += 1;
        if (gathered === Number(total)) {
            gathered = 0;
            routes[end](req, res);
        }
    },
    // "I have not looked at it": at most as often as asked for.
    async refuse(req, res, [times]) {
        if (refusals < Number(times)) {
            refusals += 1;
            drop(req, NGHTTP2_REFUSED_STREAM);
            return;
        }
        await routes.echo(req, res);
    },
    // As above, but the body is read before the refusal, and the id is not counted.
    async 'refuse-late'(req, res, [times]) {
        const first = refusals < Number(times);
        if (first) refusals += 1;
        const body = await readAll(req);
        if (first) drop(req, NGHTTP2_REFUSED_STREAM);
        else json(res, { body, seen: count(req) });
    },
    // GOAWAY that excludes this stream.
    async goaway(req, res) {
        await readAll(req);
        if (refusals === 0) {
            refusals += 1;
            req.stream.session.goaway(0, Math.max(req.stream.id - 2, 0));
            return;
        }
        json(res, { seen: count(req) });
    },
    redirect(req, res, _, query) {
        res.writeHead(Number(query.get('status') ?? 302), { location: query.get('to') });
        res.end('moved');
    },
    loop(req, res) {
        res.writeHead(302, { location: req.url });
        res.end();
    },
    async interim(req, res) {
        await readAll(req);
        if (req.stream) req.stream.additionalHeaders({ ':status': 103, link: '</a>' });
        else res.writeEarlyHints({ link: '</a>' });
        res.writeHead(200, { 'x-final': 'yes' });
        res.end('done');
    },
    gzip(req, res) {
        res.writeHead(200, { 'content-encoding': 'gzip' });
        res.end('not really gzip');
    },
    bigheader(req, res) {
        for (let i = 0; i < 12; i += 1) res.setHeader(`x-big-${i}`, 'x'.repeat(6000));
        res.end('ok');
    },
    async slow(req, res, [milliseconds]) {
        await readAll(req);
        setTimeout(() => {
            if (!res.destroyed) json(res, { version: req.httpVersion });
        }, Number(milliseconds));
    },
    seen(req, res, [id]) { json(res, { count: seen.get(id) ?? 0 }); },
    connections(req, res) { json(res, connections); },
};

function count(req) {
    const id = req.headers['x-id'];
    return id === undefined ? 0 : seen.get(id);
}

async function handle(req, res) {
    const url = new URL(req.url, 'http://stub');
    const [, name, ...rest] = url.pathname.split('/');
    const id = req.headers['x-id'];
    if (id !== undefined && name !== 'refuse-late' && name !== 'goaway') {
        req.on('end', () => seen.set(id, (seen.get(id) ?? 0) + 1));
    }
    res.on('error', () => {});
    if (Object.hasOwn(routes, name)) await routes[name](req, res, rest, url.searchParams);
    else { res.writeHead(404); res.end(); }
}

function listen(server, name) {
    server.on('connection', (socket) => {
        connections[name] += 1;
        sockets.set(socket.remotePort, socket);
        socket.on('error', () => {});
    });
    server.on('sessionError', () => {});
    server.on('session', (session) => session.on('error', () => {}));
    server.on('stream', (stream) => stream.on('error', () => {}));
    server.keepAliveTimeout = 60_000;
    return new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    });
}

const [keyFile, certFile] = process.argv.slice(2);
if (keyFile) {
    const tls = { key: fs.readFileSync(keyFile), cert: fs.readFileSync(certFile) };
    const both = http2.createSecureServer({ ...tls, allowHTTP1: true }, handle);
    console.log(`HTTPS2 ${await listen(both, 'https2')}`);
    console.log(`HTTPS1 ${await listen(https.createServer(tls, handle), 'https1')}`);
}
console.log(`READY ${await listen(http.createServer(handle), 'http')}`);
