// A stand-in for Google: the OAuth token endpoint and FCM's HTTP v1 API, over HTTP/2 and TLS.
//
//     node fcm_stub.mjs KEY.pem CERT.pem ACCOUNT_PUBLIC_KEY.pem CLIENT_EMAIL
//
// Prints `CONTROL <port>` (plain HTTP: what was seen, as JSON) and `READY <port>` (TLS). The
// service account's assertion is verified; a send needs a token that was handed out and not
// revoked. What a send is answered depends on its target's name: see `play`.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';

const [keyFile, certFile, publicFile, clientEmail] = process.argv.slice(2);
const publicKey = fs.readFileSync(publicFile);
const scope = 'https://www.googleapis.com/auth/firebase.messaging';

const state = {
    exchanges: 0, assertion_errors: [], refused_sends: 0, revocations: 0,
    by_target: {}, by_nid: {}, bodies: {}, traces: {}, sends: 0, in_flight: 0, max_in_flight: 0, sessions: 0,
};
const arrivals = {};
const valid = new Set();
const held = [];
let holding = true;
let tokenMode = 'ok';
let ahead = 0; // seconds by which this server's clock is ahead of the machine's
let port = 0;

function assertionError(body) {
    const form = new URLSearchParams(body);
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
        return 'grant_type';
    }
    const parts = (form.get('assertion') ?? '').split('.');
    if (parts.length !== 3) return 'assertion';
    const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
    if (!crypto.verify('RSA-SHA256', signed, publicKey, Buffer.from(parts[2], 'base64url'))) {
        return 'signature';
    }
    const header = JSON.parse(Buffer.from(parts[0], 'base64url'));
    const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
    const now = Date.now() / 1000 + ahead;
    if (header.alg !== 'RS256' || header.typ !== 'JWT' || !header.kid) return 'header';
    if (claims.iss !== clientEmail) return 'iss';
    if (claims.aud !== `https://127.0.0.1:${port}/token`) return 'aud';
    if (claims.scope !== scope) return 'scope';
    if (!(claims.iat <= now + 1 && claims.iat > now - 600)) return 'iat';
    if (!(claims.exp > now && claims.exp - claims.iat <= 3600)) return 'exp';
    return null;
}

function answer(stream, status, body, headers = {}) {
    if (stream.destroyed || stream.closed) return;
    const type = 'application/json; charset=UTF-8';
    const date = new Date(Date.now() + ahead * 1000).toUTCString();
    stream.respond({ ':status': status, 'content-type': type, date, ...headers });
    stream.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function error(stream, code, status, message, details = [], headers = {}) {
    answer(stream, code, { error: { code, message, status, details } }, headers);
}

const fcm = (errorCode) => ({
    '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError',
    errorCode,
});
const field = (name) => ({
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field: name, description: 'Invalid value' }],
});

function exchange(stream, body) {
    state.exchanges++;
    if (tokenMode === 'down') return answer(stream, 503, 'try later');
    if (tokenMode === 'refuse') {
        const description = 'Invalid JWT Signature.';
        return answer(stream, 400, { error: 'invalid_grant', error_description: description });
    }
    const problem = assertionError(body);
    if (problem) {
        state.assertion_errors.push(problem);
        return answer(stream, 400, { error: 'invalid_grant', error_description: problem });
    }
    const token = `ya29.${crypto.randomBytes(12).toString('hex')}`;
    valid.add(token);
    // A little time, so that callers which ought to share an exchange really meet.
    const body200 = { access_token: token, expires_in: 3599, token_type: 'Bearer' };
    setTimeout(() => answer(stream, 200, body200), 50);
}

const unauthenticated = (stream) => error(stream, 401, 'UNAUTHENTICATED',
    'Request had invalid authentication credentials.');

const unregistered = (stream) => error(stream, 404, 'NOT_FOUND',
    'Requested entity was not found.', [fcm('UNREGISTERED')]);

function accept(stream) {
    answer(stream, 200, { name: `projects/shop-1/messages/${crypto.randomUUID()}` });
}

/// tok-once-X plays X the first time and accepts afterwards. What the stub refuses unseen is not
/// counted in `by_target`.
function play(stream, target, count) {
    let name = target.replace(/^tok-/, '').replace(/\.[^.]*$/, '');
    if (name.startsWith('once-')) {
        if (count > 1) return accept(stream);
        name = name.slice(5);
    }
    const [what, argument] = name.split('-');
    switch (what) {
    case '404':
        return unregistered(stream);
    case 'held404':
        held.push(() => unregistered(stream));
        if (!holding) held.pop()();
        return;
    case 'wait':
        setTimeout(() => accept(stream), Number(argument));
        return;
    case 'invalid':
        return error(stream, 400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.',
            [field('message.token'), fcm('INVALID_ARGUMENT')]);
    case 'big':
        return error(stream, 400, 'INVALID_ARGUMENT', 'Android message is too big');
    case 'bug':
        return error(stream, 400, 'INVALID_ARGUMENT', 'Invalid value',
            [fcm('INVALID_ARGUMENT'), field('message')]);
    case 'unauthorized':
        return unauthenticated(stream);
    case 'thirdparty':
        return error(stream, 401, 'UNAUTHENTICATED',
            'Request is missing required authentication credential. Expected OAuth 2 access token',
            [fcm('THIRD_PARTY_AUTH_ERROR')]);
    case 'sender':
        return error(stream, 403, 'PERMISSION_DENIED', 'SenderId mismatch',
            [fcm('SENDER_ID_MISMATCH')]);
    case 'iam':
        return error(stream, 403, 'PERMISSION_DENIED', 'Permission denied on resource');
    case '429': {
        const headers = {};
        const later = new Date(Date.now() + 120_000);
        if (argument === 'date') headers['retry-after'] = later.toUTCString();
        else if (argument) headers['retry-after'] = argument;
        return error(stream, 429, 'RESOURCE_EXHAUSTED', 'Quota exceeded',
            [fcm('QUOTA_EXCEEDED')], headers);
    }
    case 'ratelimit':
        return error(stream, 429, 'RESOURCE_EXHAUSTED', 'Quota exceeded',
            [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
                reason: 'RATE_LIMIT_EXCEEDED' }]);
    case '500':
        return error(stream, 500, 'INTERNAL', 'Internal error', [fcm('INTERNAL')]);
    case '503':
        return error(stream, 503, 'UNAVAILABLE', 'The service is currently unavailable.',
            [fcm('UNAVAILABLE')], argument ? { 'retry-after': argument } : {});
    case 'html502':
        return answer(stream, 502,
            '<!DOCTYPE html><html><title>Error 502 (Server Error)!!1</title></html>',
            { 'content-type': 'text/html; charset=UTF-8' });
    case 'slow':
        return;
    case 'rst':
        return stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    // Reads the whole message, and then the connection is gone.
    case 'hangup':
        return sockets.get(stream.session.socket.remotePort).destroy();
    case 'rstcode':
        return stream.close(Number(argument));
    // The head of an answer arrives, and then hardly anything.
    case 'slowbody': {
        stream.respond({ ':status': Number(argument) });
        const timer = setInterval(() => stream.write(' '), 300);
        stream.on('close', () => clearInterval(timer));
        return;
    }
    // "I have not looked at it, and am going."
    case 'goawayout':
        state.by_target[target]--;
        return stream.session.goaway(http2.constants.NGHTTP2_NO_ERROR, Math.max(stream.id - 2, 0));
    case 'refused':
        state.by_target[target]--;
        return stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    case 'goaway':
        // A promise: what came on later streams is not looked at.
        for (const [id, later] of stream.session.unanswered) {
            if (id > stream.id) state.by_target[later]--;
        }
        stream.session.goaway(http2.constants.NGHTTP2_NO_ERROR, stream.id);
        return stream.session.destroy();
    case 'cut':
        stream.respond({ ':status': 200, 'content-length': 200 });
        stream.write('{"name":"proj');
        return setTimeout(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR), 20);
    default:
        return accept(stream);
    }
}

function send(stream, headers, body) {
    state.sends++;
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (!valid.has(token)) {
        state.refused_sends++;
        return unauthenticated(stream);
    }
    let message;
    try {
        const request = JSON.parse(body);
        if (request.validate_only) {
            return answer(stream, 200, { name: 'projects/shop-1/messages/fake_message_id' });
        }
        message = request.message;
    } catch {
        return error(stream, 400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.');
    }
    const target = message.token ?? message.fid ?? '';
    const nid = message.data?.nid ?? '';
    state.by_target[target] = (state.by_target[target] ?? 0) + 1;
    state.by_nid[nid] ??= {};
    state.by_nid[nid][target] = (state.by_nid[nid][target] ?? 0) + 1;
    state.bodies[target] = message;
    state.traces[target] = stream.traceparent ?? '';
    state.in_flight++;
    state.max_in_flight = Math.max(state.max_in_flight, state.in_flight);
    stream.session.unanswered ??= new Map();
    stream.session.unanswered.set(stream.id, target);
    const { session, id } = stream;
    stream.on('close', () => { state.in_flight--; session.unanswered.delete(id); });
    // A turn of the loop, so that sends that are side by side are seen to be.
    arrivals[target] = (arrivals[target] ?? 0) + 1;
    setTimeout(() => play(stream, target, arrivals[target]), 5);
}

const server = http2.createSecureServer({
    key: fs.readFileSync(keyFile),
    cert: fs.readFileSync(certFile),
});
const sockets = new Map(); // the client's port -> the TCP connection
server.on('connection', (socket) => {
    sockets.set(socket.remotePort, socket);
    socket.on('error', () => {});
});
server.on('session', (session) => { state.sessions++; session.on('error', () => {}); });
server.on('sessionError', () => {});
server.on('stream', (stream, headers) => {
    const pieces = [];
    stream.on('error', () => {});
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('end', () => {
        const body = Buffer.concat(pieces).toString('utf8');
        const path = headers[':path'];
        stream.traceparent = headers.traceparent;
        if (headers[':method'] !== 'POST') answer(stream, 405, '');
        else if (path === '/token') exchange(stream, body);
        else if (path === '/v1/projects/shop-1/messages:send') send(stream, headers, body);
        else answer(stream, 404, '<html>no such page</html>');
    });
});

// Topics, over plain HTTP: tok-404… is gone, and the topic "broken" never works.
const topics = {};
function changeTopic(req, res, body) {
    const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1];
    const known = valid.has(token) && req.headers.access_token_auth === 'true';
    res.statusCode = known ? 200 : 401;
    if (!known) return res.end('{}');
    const { to, registration_tokens: tokens } = JSON.parse(body);
    const topic = to.replace('/topics/', '');
    if (topic === 'broken' || tokens.length > 1000) { res.statusCode = 503; return res.end('later'); }
    topics[topic] ??= { calls: 0, members: [] };
    topics[topic].calls++;
    const adds = req.url.endsWith('batchAdd');
    const results = tokens.map((one) => {
        if (one.startsWith('tok-404')) return { error: 'NOT_FOUND' };
        topics[topic].members = topics[topic].members.filter((member) => member !== one);
        if (adds) topics[topic].members.push(one);
        return {};
    });
    res.end(JSON.stringify({ results }));
}

const control = http.createServer((req, res) => {
    const url = new URL(req.url, 'http://stub');
    if (req.method === 'POST') {
        let body = '';
        req.on('data', (piece) => { body += piece; });
        req.on('end', () => {
            changeTopic(req, res, body);
        });
        return;
    }
    if (url.pathname.startsWith('/computeMetadata/') && req.headers['metadata-flavor'] === 'Google') {
        valid.add('ya29.plain');
        res.setHeader('metadata-flavor', 'Google');
        return res.end(JSON.stringify({ access_token: 'ya29.plain', expires_in: 3599 }));
    }
    if (url.pathname === '/revoke') { valid.clear(); state.revocations++; }
    if (url.pathname === '/clock') ahead = Number(url.searchParams.get('ahead'));
    if (url.pathname === '/token-mode') tokenMode = url.searchParams.get('mode');
    if (url.pathname === '/release') { holding = false; held.splice(0).forEach((go) => go()); }
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ ...state, topics, held: held.length }));
});

control.listen(0, '127.0.0.1', () => {
    server.listen(0, '127.0.0.1', () => {
        port = server.address().port;
        console.log(`CONTROL ${control.address().port}`);
        console.log(`READY ${port}`);
    });
});
